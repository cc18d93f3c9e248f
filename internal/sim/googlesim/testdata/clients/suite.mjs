// Google's own client for Node, unmodified, against the simulated Google: it is led
// there by HTTPS_PROXY and NODE_EXTRA_CA_CERTS alone. CREDENTIALS is JSON:
// {client_id, client_secret, refresh_token, spreadsheet}; CLIENT is the package.
import assert from "node:assert/strict";

const { google } = await import(process.env.CLIENT);

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

await step("more values", async () => {
  const at = { spreadsheetId: spreadsheet };
  const added = await sheets.spreadsheets.values.append({ ...at, range: "'Müşteri listesi'!A1", valueInputOption: "USER_ENTERED", insertDataOption: "INSERT_ROWS", includeValuesInResponse: true, responseValueRenderOption: "UNFORMATTED_VALUE", requestBody: { values: [[3, "Ali", "₺7"]] } });
  assert.equal(added.data.tableRange, "'Müşteri listesi'!A1:C3");
  assert.deepEqual(added.data.updates.updatedData.values, [[3, "Ali", 7]]);
  const columns = await sheets.spreadsheets.values.get({ ...at, range: "'Müşteri listesi'!$A$2:$B$3", majorDimension: "COLUMNS" });
  assert.deepEqual(columns.data.values, [["1", "2"], ["Ayşe", "=1+1"]]);
  const filtered = await sheets.spreadsheets.values.batchGetByDataFilter({ ...at, requestBody: { dataFilters: [{ gridRange: { sheetId: 0, startRowIndex: 3 } }] } });
  assert.deepEqual(filtered.data.valueRanges[0].valueRange.values, [["3", "Ali", "₺7,00"]]);
  await sheets.spreadsheets.values.batchUpdateByDataFilter({ ...at, requestBody: { valueInputOption: "RAW", data: [{ dataFilter: { a1Range: "'Müşteri listesi'!B4" }, values: [["Veli"]] }] } });
  assert.equal((await sheets.spreadsheets.values.clear({ ...at, range: "'Müşteri listesi'!A4" })).data.clearedRange, "'Müşteri listesi'!A4");
  await sheets.spreadsheets.values.batchClear({ ...at, requestBody: { ranges: ["'Müşteri listesi'!C4"] } });
  const left = await sheets.spreadsheets.values.get({ ...at, range: "'Müşteri listesi'!4:4" });
  assert.deepEqual(left.data.values, [["", "Veli"]]);
  await assert.rejects(sheets.spreadsheets.values.get({ ...at, range: "'Müşteri listesi'!A2001:B" }), (e) => e.status === 400 && /^Range \('Müşteri listesi'!A2001:B\) exceeds grid limits. Max rows: \d+, max columns: 26/.test(e.message));
});

await step("cells", async () => {
  const at = { spreadsheetId: spreadsheet };
  const { data } = await sheets.spreadsheets.batchUpdate({ ...at, requestBody: {
    includeSpreadsheetInResponse: true, responseIncludeGridData: true, responseRanges: ["'Müşteri listesi'!A1:B2"],
    requests: [
      { findReplace: { find: "Ayşe", replacement: "Zeynep", matchEntireCell: true, range: { sheetId: 0, startColumnIndex: 1, endColumnIndex: 2 } } },
      { repeatCell: { range: { sheetId: 0, startRowIndex: 0, endRowIndex: 1 }, cell: { userEnteredFormat: { textFormat: { bold: true } } }, fields: "userEnteredFormat.textFormat.bold" } },
      { createDeveloperMetadata: { developerMetadata: { metadataKey: "r", visibility: "DOCUMENT", location: { dimensionRange: { sheetId: 0, dimension: "ROWS", startIndex: 1, endIndex: 2 } } } } },
    ] } });
  assert.equal(data.replies[0].findReplace.occurrencesChanged, 1);
  const cells = data.updatedSpreadsheet.sheets[0].data[0].rowData.map((row) => row.values.map((v) => v.formattedValue));
  assert.deepEqual(cells, [["ID", "Ad"], ["1", "Zeynep"]]);
  assert.equal(data.updatedSpreadsheet.sheets[0].data[0].rowData[0].values[0].effectiveFormat.textFormat.bold, true);
  const found = await sheets.spreadsheets.developerMetadata.search({ ...at, requestBody: { dataFilters: [{ developerMetadataLookup: { metadataKey: "r" } }] } });
  const id = found.data.matchedDeveloperMetadata[0].developerMetadata.metadataId;
  assert.equal((await sheets.spreadsheets.developerMetadata.get({ ...at, metadataId: id })).data.metadataKey, "r");
  const part = await sheets.spreadsheets.getByDataFilter({ ...at, fields: "sheets(data(startRow,rowData/values/effectiveValue))", requestBody: { dataFilters: [{ developerMetadataLookup: { metadataId: id } }] } });
  assert.deepEqual(part.data.sheets[0].data[0].rowData[0].values[1], { effectiveValue: { stringValue: "Zeynep" } });
  assert.equal(part.data.sheets[0].data[0].startRow, 1);
  const made = await sheets.spreadsheets.create({ requestBody: { properties: { title: "Yeni" } } });
  const copied = await sheets.spreadsheets.sheets.copyTo({ ...at, sheetId: 0, requestBody: { destinationSpreadsheetId: made.data.spreadsheetId } });
  assert.equal(copied.data.title, "Copy of Müşteri listesi");
});

await step("changes", async () => {
  const { data: start } = await drive.changes.getStartPageToken();
  await sheets.spreadsheets.values.update({ spreadsheetId: spreadsheet, range: "E1", valueInputOption: "RAW", requestBody: { values: [["x"]] } });
  const { data } = await drive.changes.list({ pageToken: start.startPageToken, fields: "newStartPageToken,changes(fileId)" });
  assert.deepEqual(data.changes, [{ fileId: spreadsheet }]);
  const watch = { pageToken: data.newStartPageToken, requestBody: { id: "c1", type: "web_hook", address: "https://127.0.0.1:1/" } };
  const { data: channel } = await drive.changes.watch(watch);
  await drive.channels.stop({ requestBody: { id: "c1", resourceId: channel.resourceId } });
  await assert.rejects(drive.files.list({ q: "colour = 'red'" }), (e) => e.status === 400 && e.message === "Invalid Value");
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
