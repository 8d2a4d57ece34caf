local objects(r) =
  local ns = 'net-' + r.name;
  local own(app) = { app: app, region: r.name };
  local object(version, kind, name) = {
    apiVersion: version,
    kind: kind,
    metadata: { name: name, namespace: ns, labels: own('router') },
  };
  [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns, labels: { region: r.name } } },
    object('v1', 'ServiceAccount', 'router') { automountServiceAccountToken: false },
    object('rbac.authorization.k8s.io/v1', 'Role', 'router') { rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'update'] }] },
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'router') {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'router' },
      subjects: [{ kind: 'ServiceAccount', name: 'router', namespace: ns }],
    },
    object('v1', 'Secret', 'state') { type: 'Opaque' },
    object('v1', 'ConfigMap', 'tables') { data: { tables: 'nodes %s\npods %s\ngateway %s\n' % [r.nodes, r.pods, r.gateway] } },
    object('v1', 'ConfigMap', 'settings') { data: { mtu: '1280', interface: 'tailscale0' } },
    object('apps/v1', 'DaemonSet', 'router') { spec: {
      selector: { matchLabels: own('router') },
      template: { metadata: { labels: own('router') }, spec: {
        hostNetwork: true,
        serviceAccountName: 'router',
        nodeSelector: { region: r.name },
        tolerations: [{ operator: 'Exists' }],
        containers: [{
          name: 'router',
          image: 'example.org/router:1.0.0',
          env: [{ name: 'ROUTES', value: r.nodes + ',' + r.pods }],
          securityContext: { privileged: true },
          volumeMounts: [{ name: 'tables', mountPath: '/tables' }],
        }],
        volumes: [{ name: 'tables', configMap: { name: 'tables' } }],
      } },
    } },
    object('apps/v1', 'Deployment', 'probe') { spec: {
      replicas: 1,
      selector: { matchLabels: own('probe') },
      template: { metadata: { labels: own('probe') }, spec: {
        containers: [{ name: 'probe', image: 'example.org/probe:1.0.0', args: [r.gateway] }],
      } },
    } },
    object('v1', 'Service', 'probe') { spec: { selector: own('probe'), ports: [{ name: 'http', port: 8080 }] } },
    object('policy/v1', 'PodDisruptionBudget', 'router') { spec: { minAvailable: 1, selector: { matchLabels: own('router') } } },
    object('networking.k8s.io/v1', 'NetworkPolicy', 'router') { spec: {
      podSelector: { matchLabels: { app: 'probe' } },
      ingress: [{ from: [{ ipBlock: { cidr: r.nodes } }, { ipBlock: { cidr: r.pods } }] }],
    } },
  ];
std.flatMap(objects, (import 'regions.json').regions)
