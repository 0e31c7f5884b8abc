/** `answer(request)` of the program that hashes files: SHA-256 with the size and time it belongs to, or why not. */
export const hashSource = String.raw`def answer(request):
    import hashlib
    folder = os.path.realpath(request['folder'])
    hashes, failed = {}, {}
    until = started + request['seconds']
    def digest(path):
        for _ in range(3):
            with open(path, 'rb') as file:
                before = os.fstat(file.fileno())
                sha = hashlib.sha256()
                for block in iter(lambda: file.read(1048576), b''):
                    sha.update(block)
                after = os.stat(path)
            if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
                return [sha.hexdigest(), after.st_size, after.st_mtime_ns // 1000]
        raise OSError('it keeps changing')
    for name in request['paths']:
        path = os.path.join(folder, name)
        real = os.path.realpath(path)
        if not real.startswith(folder.rstrip(os.sep) + os.sep):
            failed[name] = 'outside'
        elif time.monotonic() > until:
            failed[name] = 'late'
        else:
            try:
                hashes[name] = digest(path)
            except OSError as error:
                failed[name] = str(error.strerror or error)[:300]
    return {'hashes': hashes, 'failed': failed, 'nowUs': time.time_ns() // 1000}
`

/** `answer(request)` of the program that reads a part of a file, in base 64. */
export const readSource = String.raw`def answer(request):
    import base64
    folder = os.path.realpath(request['folder'])
    path = os.path.realpath(os.path.join(folder, request['path']))
    if not path.startswith(folder.rstrip(os.sep) + os.sep):
        return {'error': 'the path leaves the folder'}
    with open(path, 'rb') as file:
        file.seek(request['offset'])
        data = file.read(request['length'])
    return {'data': base64.b64encode(data).decode('ascii'), 'sizeBytes': os.path.getsize(path)}
`
