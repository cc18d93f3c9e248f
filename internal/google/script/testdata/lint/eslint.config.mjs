import js from "@eslint/js";

// What Apps Script gives a script, as far as ours uses it. There are no modules, no
// timers and no browser.
const services = ["HtmlService", "PropertiesService", "ScriptApp", "SpreadsheetApp", "UrlFetchApp", "Utilities", "console"];

export default [
  js.configs.recommended,
  {
    files: ["**/*.gs"],
    languageOptions: {
      ecmaVersion: 2020,
      sourceType: "script",
      globals: Object.fromEntries(services.map((name) => [name, "readonly"])),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // Google calls these; helpers end in "_", which keeps them out of its menus.
      "no-unused-vars": ["error", { varsIgnorePattern: "^(doGet|onOpen|sheet24\\w+|SHEET24)$", caughtErrors: "none" }],
      "preserve-caught-error": "off", // an error's cause is ES2022
      "eqeqeq": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-globals": ["error", { name: "LockService", message: "a lock held across a fetch loses edits" }],
    },
  },
  { files: ["**/Code.gs"], languageOptions: { globals: { SHEET24: "readonly" } } },
];
