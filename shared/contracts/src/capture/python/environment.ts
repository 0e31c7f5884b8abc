/**
 * `environment()`: what the interpreter is and what is installed in it. Metadata files are read as text up to their first
 * empty line, which is ten times faster than parsing their long descriptions; a broken one is told and passed over. CUDA
 * is read from files that packages and the driver leave, so that nothing heavy is imported.
 */
export const environmentSource = String.raw`def environment():
    import platform, sysconfig
    from importlib import metadata
    from urllib.parse import urlsplit, urlunsplit
    site = [os.path.realpath(p) for p in sys.path if os.path.basename(p) in ('site-packages', 'dist-packages')]

    def without_credentials(url):
        parts = urlsplit(url)
        host = parts.netloc.rpartition('@')[2]
        return urlunsplit((parts.scheme, host, parts.path, '', parts.fragment))

    def text_of(dist, name):
        path = getattr(dist, '_path', None)
        try:
            if path is not None and os.path.isdir(str(path)):
                with open(os.path.join(str(path), name), encoding='utf-8', errors='replace') as file:
                    if name not in ('METADATA', 'PKG-INFO'):
                        return file.read(100000)
                    lines = []
                    for line in file:
                        if not line.strip():
                            break
                        lines.append(line)
                    return ''.join(lines)
            return dist.read_text(name)
        except OSError:
            return None

    def headers(text):
        found = []
        for line in text.splitlines():
            if not line.strip():
                break
            if line[0] in ' \t' and found:
                found[-1][1] += ' ' + line.strip()
            elif ':' in line:
                key, value = line.split(':', 1)
                found.append([key.strip().lower(), value.strip()])
        return found

    def read(dist):
        text = text_of(dist, 'METADATA') or text_of(dist, 'PKG-INFO') or dist.read_text('') or ''
        fields = headers(text)
        first = dict(reversed(fields))
        name, version = first.get('name'), first.get('version')
        if not name or not version:
            raise ValueError('no name or version')
        requires = [value for key, value in fields if key == 'requires-dist']
        path = str(getattr(dist, '_path', ''))
        if not requires and path.endswith('.egg-info'):
            requires = list(dist.requires or [])
        entry = {'name': name[:200], 'version': version[:200]}
        requires = [value for value in requires if len(value) <= 1000][:1000]
        if requires:
            entry['requires'] = requires
        installer = (text_of(dist, 'INSTALLER') or '').strip()
        if installer:
            entry['installer'] = installer[:100]
        direct = text_of(dist, 'direct_url.json')
        if direct:
            direct = json.loads(direct)
            entry['directUrl'] = without_credentials(direct.get('url', ''))[:2000]
            if (direct.get('dir_info') or {}).get('editable'):
                entry['editable'] = True
        parent = os.path.dirname(os.path.realpath(path))
        inside = any(parent == s or parent.startswith(s + os.sep) for s in site) if site else True
        if path.endswith('.egg-info') and not inside and not direct:
            entry['editable'] = True
            entry['directUrl'] = ('file://' + parent)[:2000]
        return entry, inside

    def installed():
        found, problems = {}, []
        for dist in metadata.distributions():
            try:
                entry, inside = read(dist)
            except Exception as error:
                name = os.path.basename(str(getattr(dist, '_path', '?')))
                if not name.startswith('~'):
                    problems.append((name + ': ' + str(error))[:300])
                continue
            key = re.sub('[-_.]+', '-', entry['name']).lower()
            if key not in found or (inside and not found[key][1]):
                found[key] = (entry, inside)
        return [found[key][0] for key in sorted(found)], problems

    def first_match(pattern, path):
        try:
            with open(path, encoding='utf-8', errors='replace') as file:
                match = re.search(pattern, file.read(100000))
                return match.group(1) if match else None
        except OSError:
            return None

    def cuda(distributions):
        for folder in site:
            found = first_match(r"cuda\b[^=\n]*=\s*'([0-9.]+)'", os.path.join(folder, 'torch', 'version.py'))
            if found:
                return found
        for entry in distributions:
            if re.match(r'nvidia[-_.]cuda[-_.]runtime', entry['name'].lower()):
                return '.'.join(entry['version'].split('.')[:2])
        home = os.environ.get('CUDA_HOME') or os.environ.get('CUDA_PATH') or '/usr/local/cuda'
        found = first_match(r'"cuda"\s*:\s*\{[^}]*"version"\s*:\s*"(\d+\.\d+)', os.path.join(home, 'version.json'))
        return found or (os.environ.get('CUDA_VERSION') or None)

    def libc():
        try:
            value = os.confstr('CS_GNU_LIBC_VERSION')
            if value:
                return value
        except (AttributeError, ValueError, OSError):
            pass
        kind = (sysconfig.get_config_var('HOST_GNU_TYPE') or '') + (sysconfig.get_config_var('SOABI') or '')
        return 'musl' if 'musl' in kind else None

    distributions, problems = installed()
    driver = first_match(r'(?:Kernel Module.*?|NVRM version:.*?)\s(\d+\.\d+(?:\.\d+)?)\s', '/proc/driver/nvidia/version')
    return {
        'pythonVersion': '.'.join(str(n) for n in sys.version_info[:3]),
        'implementation': platform.python_implementation(),
        'system': platform.system(),
        'machine': platform.machine(),
        'libc': libc(),
        'cudaVersion': cuda(distributions),
        'driverVersion': driver or driver_from_tool(),
        'distributions': distributions[:5000],
    }, problems

def driver_from_tool():
    import shutil, subprocess
    tool = shutil.which('nvidia-smi')
    if not tool:
        return None
    try:
        command = [tool, '--query-gpu=driver_version', '--format=csv,noheader']
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=2)
        lines = done.stdout.decode('ascii', 'replace').split('\n')
        return lines[0].strip()[:50] or None if done.returncode == 0 else None
    except (OSError, subprocess.SubprocessError):
        return None
`
