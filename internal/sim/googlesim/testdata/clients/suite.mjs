// Google's own client for Node, unmodified, against the simulated Google: it is led
// there by HTTPS_PROXY and NODE_EXTRA_CA_CERTS alone. CREDENTIALS is JSON:
// {client_id, client_secret, refresh_token, spreadsheet}.
import assert from "node:assert/strict";
import { google } from "googleapis";

const { client_id, client_secret, refresh_token, spreadsheet } = JSON.parse(process.env.CREDENTIALS);
const auth = new google.auth.OAuth2(client_id, client_secret);
auth.setCredentials({ refresh_token });
const drive = google.drive({ version: "v3", auth });
const sheets = google.sheets({ version: "v4", auth });
const script = google.script({ version: "v1", auth });

async function step(name, run) {
  await run();
  console.log("ok " + name);
}

await step("files", async () => {
  const { data } = await drive.files.list({ q: "mimeType = 'application/vnd.google-apps.spreadsheet' and trashed = false", orderBy: "modifiedTime desc", pageSize: 10, fields: "nextPageToken, files(id, name)" });
  assert.equal(data.files[0].name, "Satış");
  const one = await drive.files.get({ fileId: spreadsheet, fields: "name,mimeType,version" });
  assert.equal(one.data.mimeType, "application/vnd.google-apps.spreadsheet");
  assert.ok(Number(one.data.version) > 0);
  await assert.rejects(drive.files.get({ fileId: "yok" }), (e) => e.status === 404);
});

await step("values", async () => {
  const range = "'Müşteri listesi'!A1:C3";
  await sheets.spreadsheets.values.update({ spreadsheetId: spreadsheet, range, valueInputOption: "RAW", requestBody: { values: [["ID", "Ad", "Tutar"], [1, "Ayşe", 12.5], [2, "=1+1", true]] } });
  const { data } = await sheets.spreadsheets.values.get({ spreadsheetId: spreadsheet, range: "'Müşteri listesi'!A1:C", valueRenderOption: "UNFORMATTED_VALUE" });
  assert.deepEqual(data.values, [["ID", "Ad", "Tutar"], [1, "Ayşe", 12.5], [2, "=1+1", true]]);
  const many = await sheets.spreadsheets.values.batchGet({ spreadsheetId: spreadsheet, ranges: ["'Müşteri listesi'!B2", "'Müşteri listesi'!A:A"] });
  assert.deepEqual(many.data.valueRanges.map((r) => r.values), [[["Ayşe"]], [["ID"], ["1"], ["2"]]]);
  await sheets.spreadsheets.values.batchUpdate({ spreadsheetId: spreadsheet, requestBody: { valueInputOption: "USER_ENTERED", data: [{ range: "'Müşteri listesi'!C2", values: [["1.234,5"]] }] } });
  const typed = await sheets.spreadsheets.values.get({ spreadsheetId: spreadsheet, range: "'Müşteri listesi'!C2", valueRenderOption: "UNFORMATTED_VALUE" });
  assert.deepEqual(typed.data.values, [[1234.5]]);
  const info = await sheets.spreadsheets.get({ spreadsheetId: spreadsheet, fields: "properties(title,locale,timeZone),sheets.properties" });
  assert.equal(info.data.properties.locale, "tr_TR");
  assert.equal(info.data.sheets[0].properties.title, "Müşteri listesi");
});

await step("quota", async () => {
  await fetch(process.env.SIMULATOR + "/sim/google/faults", { method: "POST", body: JSON.stringify({ per_minute: 1 }) });
  const read = () => sheets.spreadsheets.values.get({ spreadsheetId: spreadsheet, range: "A1" }, { retry: false });
  await read();
  await assert.rejects(read(), (e) => e.status === 429 && e.message.startsWith("Quota exceeded for quota metric 'Read requests'"));
  await fetch(process.env.SIMULATOR + "/sim/google/faults", { method: "POST", body: "{}" });
});

await step("script", async () => {
  const { data: project } = await script.projects.create({ requestBody: { title: "deneme", parentId: spreadsheet } });
  const files = [{ name: "appsscript", type: "JSON", source: '{"timeZone":"Etc/UTC","webapp":{"executeAs":"USER_ACCESSING","access":"MYSELF"}}' }, { name: "Code", type: "SERVER_JS", source: "function doGet() {}" }];
  await script.projects.updateContent({ scriptId: project.scriptId, requestBody: { files } });
  await assert.rejects(script.projects.updateContent({ scriptId: project.scriptId, requestBody: { files: files.slice(1) } }), (e) => e.status === 400);
  const { data: version } = await script.projects.versions.create({ scriptId: project.scriptId, requestBody: { description: "ilk" } });
  const { data: deployment } = await script.projects.deployments.create({ scriptId: project.scriptId, requestBody: { versionNumber: version.versionNumber, manifestFileName: "appsscript" } });
  assert.match(deployment.entryPoints[0].webApp.url, /^https:\/\/script\.google\.com\/macros\/s\/[\w-]+\/exec$/);
  const { data: all } = await script.projects.deployments.list({ scriptId: project.scriptId });
  assert.equal(all.deployments.length, 2); // the head deployment is always there
  await script.projects.deployments.delete({ scriptId: project.scriptId, deploymentId: deployment.deploymentId });
});

await step("revoke", async () => {
  await auth.revokeCredentials();
  auth.setCredentials({ refresh_token });
  await assert.rejects(drive.files.list({}), (e) => e.message.includes("invalid_grant"));
});
