import { uvEvidence } from '../../server/src/runner/environment-evidence.js'

/** What uv 0.13 and 0.4 really wrote, shortened only in the middle. */
test.each([
  {
    name: 'a build that fails',
    said: `Using Python 3.11.7 environment at: v1
Resolved 1 package in 6ms
   Building badpkg @ file:///srv/badpkg-1.0.tar.gz
error: Failed to build \`badpkg @ file:///srv/badpkg-1.0.tar.gz\`
  cause: The build backend returned an error
  cause: Call to \`setuptools.build_meta.get_requires_for_build_wheel\` failed (exit status: 1)

         [stderr]
         Traceback (most recent call last):
           File "<string>", line 14, in <module>
           File "/root/.cache/uv/builds-v0/.tmp7/lib/python3.11/site-packages/setuptools/build_meta.py", line 317, in run_setup
             exec(code, locals())  # noqa: S102 # exec is intentional here
             ^^^^^^^^^^^^^^^^^^^^
         RuntimeError: CUDA_HOME is not set; this package needs a compiler

hint: Build failures usually indicate a problem with the package or the build environment
`,
    evidence:
      'Failed to build `badpkg @ file:///srv/badpkg-1.0.tar.gz`: RuntimeError: CUDA_HOME is not set; this package needs a compiler',
  },
  {
    name: 'a hash that does not fit',
    said: `Resolved 1 package in 97ms
error: Failed to download \`six==1.17.0\`
  cause: Hash mismatch for \`six==1.17.0\`

         Expected:
           sha256:0000000000000000000000000000000000000000000000000000000000000000
`,
    evidence: 'Failed to download `six==1.17.0`: Hash mismatch for `six==1.17.0`',
  },
  {
    name: 'an unknown package',
    said: `error: No solution found when resolving dependencies
  cause: Because no-such-package was not found in the package registry and you require no-such-package==1.0, we can conclude that your requirements are unsatisfiable.
`,
    evidence:
      'No solution found when resolving dependencies: Because no-such-package was not found in the package registry and you require no-such-package==1.0, we can conclude that your requirements are unsatisfiable.',
  },
  {
    name: 'no network and a cold cache',
    said: `error: No solution found when resolving dependencies
  cause: Because six was not found in the cache and you require six==9.9, we can conclude that your requirements are unsatisfiable.

hint: Packages were unavailable because the network was disabled.
`,
    evidence:
      'No solution found when resolving dependencies: Because six was not found in the cache and you require six==9.9, we can conclude that your requirements are unsatisfiable. (Packages were unavailable because the network was disabled.)',
  },
  {
    name: 'an index that does not answer',
    said: `error: Failed to fetch: http://127.0.0.1:9/simple/six/
  cause: client error (Connect)
  cause: Connection refused (os error 111)
`,
    evidence:
      'Failed to fetch: http://127.0.0.1:9/simple/six/: client error (Connect): Connection refused (os error 111)',
  },
  {
    name: 'the older drawing of the same',
    said: `  × Failed to build \`badpkg==1.0\`
  ├─▶ The build backend returned an error
  ╰─▶ Call to \`setuptools.build_meta.build_wheel\` failed (exit status: 1)

      [stderr]
      src/ext.c:1:10: fatal error: cuda.h: No such file or directory
`,
    evidence: 'Failed to build `badpkg==1.0`: src/ext.c:1:10: fatal error: cuda.h: No such file or directory',
  },
  { name: 'nothing at all', said: '', evidence: 'uv ended without a word' },
])('of what uv says about $name the telling lines are kept', ({ said, evidence }) => {
  expect(uvEvidence(said)).toBe(evidence)
})

test('the credentials of an index are not evidence', () => {
  const said = 'error: Failed to fetch: `https://me:secret@index.example.org/simple/x/`\n'
  expect(uvEvidence(said)).toBe('Failed to fetch: `https://index.example.org/simple/x/`')
})
