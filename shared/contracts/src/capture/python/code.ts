/**
 * `follow_code(...)`: from pieces of code, the local modules they import, directly or through each other, and the strings
 * in them that may name files. A piece that does not parse is read by its import lines alone.
 */
export const codeSource = String.raw`def follow_code(folder, begin, pieces, names, limits, until):
    import ast, sysconfig
    roots = []
    stdlib = os.path.realpath(sysconfig.get_paths()['stdlib'])
    for root in [os.path.join(folder, begin), folder, os.path.join(folder, 'src')] + sys.path:
        root = os.path.realpath(root or os.getcwd())
        installed = 'site-packages' in root or 'dist-packages' in root or root.startswith(stdlib) or root.endswith('.zip')
        if root not in roots and not installed and os.path.isdir(root):
            roots.append(root)
    modules, mentions, outside, cut = {}, {}, {}, []

    def parse(code):
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def imports_of(tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield 0, alias.name, []
            elif isinstance(node, ast.ImportFrom):
                yield node.level, node.module or '', [alias.name for alias in node.names]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                mention(node.value)

    def imports_in(code):
        tree = parse(code)
        if tree is not None:
            return list(imports_of(tree))
        found = []
        for line in code.splitlines():
            match = re.match(r'\s*(?:from\s+(\.*)([\w.]*)\s+import\s+(.*)|import\s+([\w., ]+))', line)
            if match and match.group(4):
                found += [(0, name.split(' as ')[0].strip(), []) for name in match.group(4).split(',')]
            elif match:
                found.append((len(match.group(1)), match.group(2), re.findall(r'\w+', match.group(3))))
        for text in re.findall(r'''["']([^"'\n]{2,300})["']''', code):
            mention(text)
        return found

    def mention(text):
        if 1 < len(text) <= 300 and len(mentions) < limits['mentions'] and not re.search(r'[\n\r\0<>|"]', text):
            if '.' in text or '/' in text or '\\' in text or text in names:
                mentions[text] = True

    def file_of(root, dotted):
        path = os.path.join(root, *dotted)
        for candidate in (os.path.join(path, '__init__.py'), path + '.py'):
            if os.path.isfile(candidate):
                return candidate
        return None

    def resolve(root, dotted, members):
        found = []
        for length in range(1, len(dotted) + 1):
            path = file_of(root, dotted[:length])
            if path:
                found.append(path)
            elif not os.path.isdir(os.path.join(root, *dotted[:length])):
                return found
        for member in members:
            path = file_of(root, dotted + [member])
            if path:
                found.append(path)
        return found

    def visit(code, here):
        for level, dotted, members in imports_in(code):
            parts = [part for part in dotted.split('.') if part]
            if level:
                base = here
                for _ in range(level - 1):
                    base = os.path.dirname(base)
                found = resolve(base, parts, members)
            else:
                found = []
                for root in roots:
                    found = resolve(root, parts, members) if parts else []
                    if found:
                        break
            for path in found:
                reach(path)

    def reach(path):
        path = os.path.normpath(path)
        if path in modules or path in outside:
            return
        if not is_within(path, folder):
            outside[path] = {'path': path[:1000], 'sizeBytes': os.path.getsize(path)}
            return
        if len(modules) >= limits['modules'] or time.monotonic() > until:
            cut.append('too_many_modules')
            return
        modules[path] = os.path.relpath(path, folder).replace(os.sep, '/')
        waiting.append(path)

    waiting = []
    for piece in pieces:
        visit(piece, os.path.normpath(os.path.join(folder, begin)))
    while waiting:
        path = waiting.pop()
        try:
            if os.path.getsize(path) <= 2000000:
                with open(path, encoding='utf-8', errors='replace') as file:
                    visit(file.read(), os.path.dirname(path))
        except OSError:
            pass
    return sorted(modules.values()), list(mentions), list(outside.values()), cut[:1]
`
