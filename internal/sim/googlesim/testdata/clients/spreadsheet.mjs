// google-spreadsheet (npm), unmodified, against the simulated Google. It fetches with
// what Node has built in, which takes a proxy from nobody but undici's dispatcher.
// CREDENTIALS is JSON: {client_id, client_secret, refresh_token, spreadsheet}.
import assert from "node:assert/strict";
import { OAuth2Client } from "google-auth-library";
import { GoogleSpreadsheet } from "google-spreadsheet";
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";

setGlobalDispatcher(new EnvHttpProxyAgent());
const { client_id, client_secret, refresh_token, spreadsheet } = JSON.parse(process.env.CREDENTIALS);
const auth = new OAuth2Client({ clientId: client_id, clientSecret: client_secret });
auth.setCredentials({ refresh_token });
const doc = new GoogleSpreadsheet(spreadsheet, auth);

async function step(name, run) {
  await run();
  console.log("ok " + name);
}

await step("document", async () => {
  await doc.loadInfo();
  assert.equal(doc.title, "Satış");
  assert.equal(doc.locale, "tr_TR");
  await doc.updateProperties({ title: "Satış 2026" });
  assert.equal(doc.title, "Satış 2026");
});

await step("tabs", async () => {
  const tab = await doc.addSheet({ title: "Kişiler", headerValues: ["Ad", "E-posta", "Tutar"] });
  assert.equal(doc.sheetsByTitle["Kişiler"].sheetId, tab.sheetId);
  assert.equal(tab.columnCount, 26);
  await tab.resize({ rowCount: 10, columnCount: 4 });
  assert.equal(tab.rowCount, 10);
  await tab.updateProperties({ title: "Kişi listesi" });
  const twin = await tab.duplicate({ title: "İkinci" });
  await twin.delete();
  assert.equal(doc.sheetCount, 2);
});

await step("rows", async () => {
  const tab = doc.sheetsByTitle["Kişi listesi"];
  await tab.addRows([{ Ad: "Ayşe", "E-posta": "ayse@ornek.com.tr", Tutar: 12.5 }, { Ad: "Mehmet", "E-posta": "m@ornek.com.tr", Tutar: 7 }, { Ad: "Zeynep", Tutar: 1 }]);
  const rows = await tab.getRows();
  assert.deepEqual(rows.map((r) => r.get("Ad")), ["Ayşe", "Mehmet", "Zeynep"]);
  rows[1].set("E-posta", "mehmet@ornek.com.tr");
  await rows[1].save();
  await rows[0].delete();
  const left = await tab.getRows({ limit: 5 });
  assert.deepEqual(left.map((r) => [r.rowNumber, r.get("Ad"), r.get("E-posta")]), [[2, "Mehmet", "mehmet@ornek.com.tr"], [3, "Zeynep", ""]]);
});

await step("cells", async () => {
  const tab = doc.sheetsByTitle["Kişi listesi"];
  await tab.loadCells("A1:C4");
  assert.equal(tab.getCellByA1("A2").value, "Mehmet");
  assert.equal(tab.getCellByA1("C2").formattedValue, "7");
  tab.getCellByA1("C3").formula = "=C2*2";
  tab.getCellByA1("A4").value = "Can";
  tab.getCellByA1("A4").note = "yeni";
  tab.getCellByA1("A1").textFormat = { bold: true };
  await tab.saveUpdatedCells();
  assert.equal(tab.getCellByA1("C3").value, 14);
  await tab.loadCells({ startRowIndex: 3, endRowIndex: 4, startColumnIndex: 0, endColumnIndex: 1 });
  assert.equal(tab.getCell(3, 0).note, "yeni");
  assert.equal(tab.getCell(0, 0).effectiveFormat.textFormat.bold, true);
  await assert.rejects(tab.loadCells("A20:B30"), /Out of bounds|exceeds grid limits/);
});

await step("dimensions", async () => {
  const tab = doc.sheetsByTitle["Kişi listesi"];
  await tab.insertDimension("ROWS", { startIndex: 1, endIndex: 2 }, false);
  await tab.mergeCells({ startRowIndex: 5, endRowIndex: 6, startColumnIndex: 0, endColumnIndex: 2 });
  await tab.unmergeCells({ startRowIndex: 5, endRowIndex: 6, startColumnIndex: 0, endColumnIndex: 2 });
  await tab.updateDimensionProperties("COLUMNS", { hiddenByUser: true }, { startIndex: 3, endIndex: 4 });
  await tab.clearRows({ start: 3, end: 3 });
  await tab.clear("A4:A5");
  const { protectedRange } = (await tab.addProtectedRange({ range: { startRowIndex: 0, endRowIndex: 1 }, description: "başlık", warningOnly: true })) ?? {};
  if (protectedRange) await tab.deleteProtectedRange(protectedRange.protectedRangeId);
  await doc.addNamedRange("basliklar", { sheetId: tab.sheetId, startRowIndex: 0, endRowIndex: 1 });
  await tab.delete();
  assert.equal(doc.sheetCount, 1);
});
