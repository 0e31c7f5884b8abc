import * as vscode from 'vscode'

/** VS Code's patterns have a fixed number of lines; Python prints one to four of source and marks between place and error. */
const matchers = ['$novabrain-python', '$novabrain-python-2', '$novabrain-python-3', '$novabrain-python-4']

/** The task for a definition of `tasks.json`. */
export const taskOf = (
  definition: vscode.TaskDefinition,
  scope: vscode.WorkspaceFolder | vscode.TaskScope,
  terminal: (definition: vscode.TaskDefinition, folder: string) => Promise<vscode.Pseudoterminal>,
): vscode.Task => {
  const folder =
    typeof scope === 'object' ? scope.uri.fsPath : (vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '')
  const name = vscode.l10n.t('Run {0} on a GPU', String(definition['file'] ?? ''))
  const execution = new vscode.CustomExecution((resolved) => terminal(resolved, folder))
  return new vscode.Task(definition, scope, name, 'novabrain', execution, matchers)
}
