// The JSON Schema by ajv in strict mode, which refuses what it does not know: it has to take the
// schema itself, every example, the document with every field, and each default and example in its
// own field; and it has to refuse some slips.
import Ajv from "ajv";
import { parseAllDocuments } from "yaml";
import { readFileSync, readdirSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const text = (path) => readFileSync(new URL(path, root), "utf8");
const schema = JSON.parse(text("schema/topology.schema.json"));
const ajv = new Ajv({ strict: true, allErrors: true });
const validate = ajv.compile(schema);
const topology = (path) => parseAllDocuments(text(path)).map((d) => d.toJS()).find((d) => d?.kind === "Topology");
let checks = 0;
const must = (ok, what) => {
	checks++;
	if (!ok) {
		console.error(`editors: ${what}`);
		process.exitCode = 1;
	}
};

const good = readdirSync(new URL("examples", root), { withFileTypes: true })
	.filter((d) => d.isDirectory()).map((d) => `examples/${d.name}/topology.yaml`)
	.concat("schema/load/testdata/maximal.yaml", "schema/load/testdata/published.yaml");
for (const path of good) must(validate(topology(path)), `${path}: ${ajv.errorsText(validate.errors)}`);

for (const [name, def] of Object.entries(schema.$defs)) {
	for (const [key, field] of Object.entries(def.properties ?? {})) {
		const one = ajv.compile({ $ref: `${schema.$id}#/$defs/${name}/properties/${key}` });
		for (const value of [...("default" in field ? [field.default] : []), ...(field.examples ?? [])]) {
			must(one(value), `${name}.${key}: ${JSON.stringify(value)}: ${ajv.errorsText(one.errors)}`);
		}
	}
}

const slips = {
	"an unknown field": (t) => { t.spec.regions[0].podCIDR = "10.0.0.0/8"; },
	"an unknown word": (t) => { t.spec.regions[0].gateways.mode = "deamonSet"; },
	"a missing field": (t) => { delete t.spec.regions[0].name; },
	"no prefix": (t) => { t.spec.regions[0].nodeCIDRs = ["10.0.0.0"]; },
	"a number as text": (t) => { t.spec.cluster.apiServer.port = "6443"; },
	"labels of a host": (t) => { t.spec.regions[0].gateways = { mode: "host", nodeSelector: { a: "b" }, nodes: t.spec.regions[0].gateways.nodes }; },
};
for (const [what, slip] of Object.entries(slips)) {
	const t = topology("examples/regional-gateway/topology.yaml");
	slip(t);
	must(!validate(t), `${what} is accepted`);
}
const json = { $schema: "./topology.schema.json", ...topology("examples/regional-gateway/topology.yaml") };
must(validate(json), "$schema in a document is refused");
console.log(`editors: ajv ${JSON.parse(text("test/editors/node_modules/ajv/package.json")).version}: ${checks} checks`);
