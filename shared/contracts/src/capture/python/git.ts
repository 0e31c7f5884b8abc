/**
 * `git_start(folder, secrets)` begins to ask git while other work is done, `git_finish(started)` gives the state and the
 * ignored paths. Git is told not to lock, not to prompt, and not to run helpers that a repository names. The patch covers
 * the folder alone, without files whose names say that they hold secrets.
 */
export const gitSource = String.raw`def git_start(folder, secrets):
    import shutil, subprocess
    tool = shutil.which('git')
    if not tool:
        return None
    quiet = dict(os.environ, GIT_OPTIONAL_LOCKS='0', GIT_TERMINAL_PROMPT='0', LC_ALL='C')
    def ask(*arguments):
        command = [tool, '-c', 'core.fsmonitor=false', '-c', 'core.quotepath=false', '-c', 'diff.external='] + list(arguments)
        return subprocess.Popen(command, cwd=folder, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    hidden = [':(exclude,glob,icase)**/' + pattern for pattern in secrets]
    try:
        return {
            'status': ask('status', '--porcelain=v2', '--branch', '--untracked-files=normal', '-z', '--', '.'),
            'remote': ask('config', '--get', 'remote.origin.url'),
            'ignored': ask('ls-files', '-o', '-i', '--exclude-standard', '--directory', '-z', '--', '.'),
            'patch': ask('diff', '--no-ext-diff', '--no-textconv', '--no-color', '--binary', 'HEAD', '--', '.', *hidden),
        }
    except OSError:
        return None

def git_finish(asked, seconds, patch_limit):
    import hashlib, subprocess
    from urllib.parse import urlsplit, urlunsplit
    until = time.monotonic() + seconds
    cut = []
    def output(name):
        process = asked[name]
        try:
            out = process.communicate(timeout=max(0.05, until - time.monotonic()))[0]
            return out if process.returncode == 0 else None
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            cut.append('git_too_slow')
            return None
    def safe_remote(url):
        if '://' in url:
            parts = urlsplit(url)
            return urlunsplit((parts.scheme, parts.netloc.rpartition('@')[2], parts.path, '', ''))
        return url
    outputs = dict((name, output(name)) for name in asked)
    if outputs['status'] is None:
        return None, [], cut
    entries = outputs['status'].decode('utf-8', 'replace').split('\0')
    branch = dict(e[2:].split(' ', 1) for e in entries if e.startswith('# branch.') and ' ' in e[2:])
    commit, head = branch.get('branch.oid'), branch.get('branch.head')
    patch = outputs['patch'] or b''
    if len(patch) > patch_limit:
        patch = b''
        cut.append('patch_too_large')
    ignored = (outputs['ignored'] or b'').decode('utf-8', 'replace').split('\0')
    state = {
        'commit': None if commit in (None, '(initial)') else commit,
        'branch': None if head in (None, '(detached)') else head[:300],
        'remote': safe_remote((outputs['remote'] or b'').decode('utf-8', 'replace').strip())[:1000] or None,
        'dirty': any(e and not e.startswith('#') for e in entries),
        'patch': base64_of(patch) if patch else None,
        'patchDigest': hashlib.sha256(patch).hexdigest() if patch else None,
    }
    return state, [path for path in ignored if path][:20000], cut

def base64_of(data):
    import base64
    return base64.b64encode(data).decode('ascii')
`
