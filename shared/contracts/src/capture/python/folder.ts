/**
 * `list_folder(...)`: the files under a folder, near ones first, within bounds of count and time; `stat_paths(...)` asks for
 * single paths wherever they lie. Folders of tools and ignored folders are named but not entered, links to folders are not
 * followed, and a link to a file counts only when the file lies inside.
 */
export const folderSource = String.raw`def describe(path, name, folder):
    info = os.stat(path)
    if not os.path.isfile(path):
        return None
    return {
        'path': name, 'sizeBytes': info.st_size, 'mtimeUs': info.st_mtime_ns // 1000,
        'executable': os.name != 'nt' and bool(info.st_mode & 0o100),
    }

def is_within(path, folder):
    path = os.path.realpath(path)
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)

def is_printable(name):
    try:
        name.encode('utf-8')
        return '\\' not in name and '\n' not in name
    except UnicodeEncodeError:
        return False

def is_environment(path):
    return os.path.isfile(os.path.join(path, 'pyvenv.cfg')) or os.path.isdir(os.path.join(path, 'conda-meta'))

def list_folder(folder, begin, ignored, tool_folders, limits, until):
    files, skipped, cut = [], [], []
    waiting = [begin]
    tools = set(tool_folders)
    while waiting:
        here = waiting.pop(0)
        try:
            entries = sorted(os.scandir(os.path.join(folder, here)), key=lambda e: e.name)
        except OSError:
            continue
        for entry in entries:
            name = here + entry.name
            if not is_printable(entry.name):
                skipped.append({'path': name.encode('utf-8', 'replace').decode('utf-8')[:1000], 'reason': 'unreadable'})
                continue
            if len(files) >= limits['files']:
                return files, skipped, cut + ['too_many_files']
            if time.monotonic() > until:
                return files, skipped, cut + ['listing_too_slow']
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name in tools or is_environment(entry.path):
                        skipped.append({'path': name + '/', 'reason': 'tool_folder'})
                    elif name + '/' in ignored:
                        skipped.append({'path': name + '/', 'reason': 'gitignored'})
                    else:
                        waiting.append(name + '/')
                elif entry.is_symlink() and not is_within(entry.path, folder):
                    skipped.append({'path': name, 'reason': 'outside_folder'})
                else:
                    found = describe(entry.path, name, folder)
                    if found:
                        files.append(found)
            except OSError:
                skipped.append({'path': name, 'reason': 'unreadable'})
    return files, skipped, cut

def stat_paths(folder, bases, mentions):
    inside, outside = {}, {}
    for mention in mentions[:1000]:
        if any(c in mention for c in '*?[\n\0') or '://' in mention:
            continue
        for base in bases:
            path = os.path.normpath(os.path.join(base, os.path.expanduser(mention)))
            try:
                if not os.path.isfile(path):
                    continue
                if is_within(path, folder) and path.startswith(folder):
                    name = os.path.relpath(path, folder).replace(os.sep, '/')
                    inside[name] = describe(path, name, folder)
                else:
                    outside[mention] = {'path': mention[:1000], 'sizeBytes': os.path.getsize(path)}
                break
            except (OSError, ValueError):
                continue
    return inside, list(outside.values())
`
