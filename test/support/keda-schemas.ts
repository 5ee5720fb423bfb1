/**
 * What KEDA's definitions (keda.sh/v1alpha1, as of 2.18) say of the two kinds of object in deploy/, as JSON schemas: all fields of the
 * levels that are in use there, the autoscaler's own behaviour in the form of autoscaling/v2, and no others.
 */
type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const count = (minimum: number): Schema => ({ type: "integer", minimum });

function object(properties: Record<string, Schema>, required: readonly string[] = []): Schema {
  return { type: "object", properties, required, additionalProperties: false };
}

const scaling = object({
  stabilizationWindowSeconds: { type: "integer", minimum: 0, maximum: 3600 },
  selectPolicy: text,
  tolerance: { anyOf: [{ type: "integer" }, text] },
  policies: {
    type: "array",
    items: object({ type: text, value: count(1), periodSeconds: count(1) }, ["type", "value", "periodSeconds"]),
  },
});

const trigger = object(
  {
    type: { type: "string", minLength: 1 },
    name: text,
    metadata: { type: "object", additionalProperties: text },
    metricType: text,
    useCachedMetrics: flag,
    authenticationRef: object(
      { name: text, kind: { enum: ["TriggerAuthentication", "ClusterTriggerAuthentication"] } },
      ["name"],
    ),
  },
  ["type", "metadata"],
);

const root = (kind: string, spec: Schema) =>
  object(
    {
      apiVersion: { const: "keda.sh/v1alpha1" },
      kind: { const: kind },
      metadata: object({ name: { type: "string", pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" } }, ["name"]),
      spec,
    },
    ["apiVersion", "kind", "metadata", "spec"],
  );

export const KEDA_SCHEMAS: Readonly<Record<string, Schema>> = {
  ScaledObject: root(
    "ScaledObject",
    object(
      {
        scaleTargetRef: object(
          { name: { type: "string", minLength: 1 }, kind: text, apiVersion: text, envSourceContainerName: text },
          ["name"],
        ),
        minReplicaCount: count(0),
        maxReplicaCount: count(1),
        idleReplicaCount: count(0),
        pollingInterval: count(1),
        cooldownPeriod: count(0),
        initialCooldownPeriod: count(0),
        fallback: object({ failureThreshold: count(0), replicas: count(0), behavior: text }, [
          "failureThreshold",
          "replicas",
        ]),
        advanced: object({
          restoreToOriginalReplicaCount: flag,
          horizontalPodAutoscalerConfig: object({
            name: text,
            behavior: object({ scaleUp: scaling, scaleDown: scaling }),
          }),
          scalingModifiers: object({
            formula: text,
            target: text,
            activationTarget: text,
            metricType: { enum: ["AverageValue", "Value"] },
          }),
        }),
        triggers: { type: "array", minItems: 1, items: trigger },
      },
      ["scaleTargetRef", "triggers"],
    ),
  ),
  TriggerAuthentication: root(
    "TriggerAuthentication",
    object({
      secretTargetRef: {
        type: "array",
        items: object({ parameter: text, name: text, key: text }, ["parameter", "name", "key"]),
      },
      env: {
        type: "array",
        items: object({ parameter: text, name: text, containerName: text }, ["parameter", "name"]),
      },
    }),
  ),
};
