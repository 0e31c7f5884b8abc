/** An answer of MLflow's REST API. */
export interface WireAnswer {
  readonly status: number
  /** Parsed JSON. */
  readonly body: Readonly<Record<string, any>> // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever the wire says
}

/** MLflow's REST API as its client calls it: plain HTTP with a bearer token. */
export const mlflowWire = (url: string, token: string, headers: Record<string, string> = {}) => {
  const call = async (method: string, path: string, body?: unknown): Promise<WireAnswer> => {
    const answer = await fetch(`${url}/api/2.0/mlflow${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: JSON.parse(await answer.text()) as WireAnswer['body'] }
  }
  return {
    get: (path: string) => call('GET', path),
    post: (path: string, body: unknown) => call('POST', path, body),
    async createRun(body: Record<string, unknown> = {}): Promise<string> {
      const answer = await call('POST', '/runs/create', { experiment_id: '0', ...body })
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
      return answer.body['run'].info.run_id as string
    },
    /** Any request of the artifact proxy. */
    artifact: (
      method: string,
      path: string,
      body?: string | Uint8Array<ArrayBuffer>,
      type = 'application/octet-stream',
    ) =>
      fetch(`${url}/api/2.0/mlflow-artifacts/artifacts${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': type, ...headers },
        ...(body === undefined ? {} : { body }),
      }),
  }
}

export type MlflowWire = ReturnType<typeof mlflowWire>
