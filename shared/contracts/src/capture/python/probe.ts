/** `answer(request)` of the probe: the environment, and with a folder also its git state, files, imports and mentions. */
export const probeSourceAnswer = String.raw`def answer(request):
    result = {'capture': None, 'folder': None, 'problems': []}
    folder = request.get('folder')
    asked = None
    if folder is not None:
        folder = os.path.realpath(os.path.expanduser(folder))
        if not os.path.isdir(folder):
            return {'error': 'there is no folder ' + folder}
        asked = git_start(folder, request['secretNames'])
    if request['environment']:
        result['capture'], result['problems'] = environment()
    if folder is not None:
        result['folder'] = look_around(folder, request, asked)
    return result

def look_around(folder, request, asked):
    limits = request['limits']
    git, ignored, cut = git_finish(asked, limits['gitSeconds'], limits['patchBytes']) if asked else (None, [], [])
    until = time.monotonic() + limits['seconds']
    begin = os.path.dirname(request['entrypoint'])
    begin = begin + '/' if begin else ''
    files, skipped, more = list_folder(folder, '', set(ignored), request['toolFolders'], limits, until)
    cut += more
    known = dict((file['path'], file) for file in files)
    for name in request['named']:
        clean = os.path.normpath(name).replace(os.sep, '/')
        path = os.path.join(folder, clean)
        if not clean.startswith('..') and os.path.isdir(path) and is_within(path, folder):
            found, left, more = list_folder(folder, '' if clean == '.' else clean + '/', set(), request['toolFolders'], limits, until)
            cut += more
            known.update((file['path'], file) for file in found)
    names = set(part for file in known for part in file.split('/'))
    modules, mentions, outside, more = follow_code(folder, begin, request['code'], names, limits, until)
    cut += more
    every = mentions + request['words'] + request['named']
    direct, beyond = stat_paths(folder, [os.path.join(folder, begin), folder], every + modules)
    for name, file in direct.items():
        known.setdefault(name, file)
    return {
        'path': folder, 'files': list(known.values()), 'skipped': skipped[:5000], 'ignored': ignored, 'git': git,
        'modules': modules, 'mentions': mentions, 'outside': (outside + beyond)[:1000], 'cut': sorted(set(cut)),
        'nowUs': time.time_ns() // 1000,
    }
`
