/**
 * What is left of sheet24 in this spreadsheet after it was disconnected. No API can
 * remove triggers, so they do it themselves when they next run; then this project
 * does nothing any more and can be deleted.
 */

function sheet24Edited() {
  leave_();
}

function sheet24Changed() {
  leave_();
}

function leave_() {
  ScriptApp.getProjectTriggers().forEach((trigger) => ScriptApp.deleteTrigger(trigger));
  PropertiesService.getScriptProperties().deleteAllProperties();
}
