import CommandFrame
import Contract
import Foundation
import Testing

@testable import OperatorCommands

private func reading(_ titles: [String], _ fields: [String], fields merge: Set<String> = []) throws
  -> ContactColumns.Reading
{
  let columns = try ContactColumns(titles, mergeFields: merge)
  return try columns.contact(fields, at: "list.csv, line 2", extraTags: ["import"], defaultOwner: RepID(9)) {
    name in
    guard name == "Dana" else { throw ContactColumns.Unusable(reason: "owner: no rep is called \"\(name)\"") }
    return RepID(1)
  }
}

private func contact(_ titles: String, _ fields: [String]) throws -> ContactInput {
  try reading(titles.split(separator: ",").map(String.init), fields).input
}

@Test func aRowBecomesAContact() throws {
  #expect(
    try contact(
      "First Name,LAST NAME,Cell,Owner,Tags,Ref,Move-in date",
      ["Alice ", "Abbott", "+1 (202) 555-0110", "Dana", "renters; vip", "A-1", "May"])
      == ContactInput(
        ref: "A-1", phones: ["+1 (202) 555-0110"], firstName: "Alice", lastName: "Abbott", repID: RepID(1),
        tags: ["import", "renters", "vip"], attributes: ["move_in_date": "May"]))
}

@Test func aFullNameIsSplitAndADefaultOwnerIsTaken() throws {
  #expect(
    try contact("name,phone,phone 2", ["Alice van Dyk", "2025550110", "+12025550111"])
      == ContactInput(
        phones: ["2025550110", "+12025550111"], firstName: "Alice", lastName: "van Dyk", repID: RepID(9),
        tags: ["import"]))
}

@Test func anOwnerNobodyKnowsIsNoContact() {
  #expect(throws: ContactColumns.Unusable(reason: "owner: no rep is called \"Bob\"")) {
    try contact("phone,owner", ["2025550110", "Bob"])
  }
}

@Test func theOwnerOfAnotherSystemIsKeptAndNamed() throws {
  let found = try reading(["Phone", "Contact owner"], ["2025550110", "Bob (bob@example.com)"])
  #expect(found.input.repID == RepID(9))
  #expect(found.input.attributes == ["contact_owner": "Bob (bob@example.com)"])
  #expect(found.notes == ["owner: no rep is called \"Bob (bob@example.com)\""])
}

@Test(arguments: [["first_name", "last_name"], ["phone", "owner", "owner"], ["phone", "ref", "ref"]])
func aHeaderThatCannotBeUsedIsRefused(titles: [String]) {
  #expect(throws: Failure.self) { try ContactColumns(titles) }
}

/// Many lists number their rows: two of them would overwrite each other's people.
@Test(arguments: ["id", "ID", "external_id", "Contact ID", "key", "Record ID"])
func onlyRefIsAKey(title: String) throws {
  let input = try contact("phone,\(title)", ["2025550110", "7"])
  #expect(input.ref == nil)
  #expect(input.attributes == [CSVReader.normalised(title): "7"])
}

@Test(arguments: [
  (["phone_number", "mobile_phone_number"], ["1", "0"]), (["phone_2", "phone"], ["1", "0"]),
  (["Phone 3", "Phone 2", "Phone", "Cell"], ["3", "2", "1", "0"]),
  (["Home Phone", "Work Phone", "Other Phone", "Primary Phone"], ["1", "2", "3", "0"]),
  (["telephone", "MobilePhone"], ["1", "0"]), (["Phone", "SMS Phone Number"], ["1", "0"]),
  (["Business Phone 2", "Business Phone", "Mobile 2", "Mobile"], ["3", "2", "1", "0"]),
  (["Phone", "Phone"], ["0", "1"]),
]) func aMobileComesBeforeAPhoneAndAPhoneBeforeASecondOne(titles: [String], ranks: [String]) throws {
  let input = try reading(titles, ranks.map { "202555011\($0)" }).input
  #expect(input.phones == titles.indices.map { "202555011\($0)" })
}

@Test(arguments: [
  "Business Fax", "Pager", "Telex", "TTY/TDD Phone", "Assistant's Phone", "Company Main Phone", "Phone Type",
  "Phone Extension", "Mobile Carrier", "Phone Country Code", "Emergency Contact Phone", "E-mail 1 - Value",
])
func whatIsNoPhoneOfThePersonIsAMergeField(title: String) throws {
  let input = try reading(["phone", title], ["2025550110", "2025550111"]).input
  #expect(input.phones == ["2025550110"])
  #expect(input.attributes?.count == 1)
}

// MARK: Opt-outs

@Test(arguments: [
  ("opted_out", "yes"), ("Opted Out", "TRUE"), ("opt_out", "1"), ("OptOut", "x"), ("SMS Opt-Out", "Y"),
  ("Do Not Call", "1"), ("DoNotCall", "true"), ("Do Not Text", "X"), ("do_not_contact", "yes"), ("DNC", "Y"),
  ("unsubscribed", "yes"), ("Unsubscribed At", "2024-05-01"), ("opt_out_date", "5/1/2024"),
  ("UNSUB_TIME", "2024-05-01"),
  ("SMS Marketing Status", "unsubscribed"), ("SMS Marketing Status", "Not subscribed"), ("sms_consent", "no"),
  ("Accepts SMS Marketing", "no"), ("opted_in", "false"), ("TCPA Consent", "No"), ("Text Opt In", "0"),
  // Not a clear yes: rather once more than once less.
  ("opted_out", "asked by mail"),
]) func anOptOutOfAnotherSystemIsOne(title: String, value: String) throws {
  let found = try reading(["phone", title], ["2025550110", value])
  #expect(found.input.optOutEvidence == "list.csv, line 2: \(title) = \(value)")
  #expect(found.input.attributes == nil)
  #expect(found.notes.isEmpty == (value != "asked by mail"))
}

@Test(arguments: [
  ("opted_out", "no"), ("Do Not Call", "0"), ("Do Not Text", ""), ("unsubscribed", "False"),
  ("opted_out", "N/A"),
  ("SMS Marketing Status", "subscribed"), ("sms_consent", "yes"), ("Opted In", "TRUE"),
]) func whoDidNotOptOutMayBeTexted(title: String, value: String) throws {
  let found = try reading(["phone", title], ["2025550110", value])
  #expect(found.input.optOutEvidence == nil && found.input.attributes == nil && found.notes == [])
}

@Test(arguments: [
  ("Email Opt Out", "1"), ("HasOptedOutOfEmail", "true"), ("HasOptedOutOfFax", "true"),
  ("Unsubscribed from all email", "true"), ("Opt Out Reason", "moved"), ("OPTIN_TIME", "2024-05-01"),
  ("Marketing contact status", "Non-marketing contact"), ("Status", "closed"),
]) func whatIsNoOptOutOfTextsIsAMergeField(title: String, value: String) throws {
  let found = try reading(["phone", title], ["2025550110", value])
  #expect(found.input.optOutEvidence == nil)
  #expect(found.input.attributes == [CSVReader.normalised(title): value])
}

@Test func anAnswerThatIsNeitherYesNorNoIsNamed() throws {
  let found = try reading(["phone", "SMS Marketing Status"], ["2025550110", "pending"])
  #expect(found.input.optOutEvidence == nil && found.notes.count == 1)
}

@Test func aColumnIsAMergeFieldWhereOneSaysSo() throws {
  let found = try reading(
    ["phone", "Do Not Call"], ["2025550110", "before noon"], fields: ["do_not_call"])
  #expect(found.input.optOutEvidence == nil)
  #expect(found.input.attributes == ["do_not_call": "before noon"])
}

// MARK: Files of other systems, as they are

private func people(_ file: String) throws -> [ContactColumns.Reading] {
  var columns: ContactColumns?
  var found: [ContactColumns.Reading] = []
  try CSVTable.read(
    Project.root.appending(path: "Tests/ProjectTests/exports/\(file)").path,
    header: { columns = try ContactColumns($0) },
    row: { row in
      guard let columns else { return }
      found.append(
        try columns.contact(row.fields, at: "line \(row.line)", extraTags: [], defaultOwner: nil) { name in
          throw ContactColumns.Unusable(reason: "owner: no rep is called \"\(name)\"")
        })
    },
    fault: { Issue.record("\(file): line \($0.line): \($0.reason)") })
  return found
}

@Test(arguments: [
  "google.csv", "google_old.csv", "outlook.csv", "hubspot.csv", "salesforce.csv", "salesforce_report.csv",
  "mailchimp.csv",
]) func filesOfOtherSystemsGoInAsTheyAre(file: String) throws {
  let found = try people(file).map(\.input)
  #expect(found.count == 2)
  let reader = try #require(found.first)
  #expect(reader.firstName == "Alice" && reader.lastName == "Abbott")
  // The mobile is texted, whatever the order of the columns.
  #expect(reader.phones?.first?.filter(\.isNumber).suffix(10) == "2025550111")
  #expect(reader.phones?.dropFirst().contains { $0.filter(\.isNumber).suffix(10) == "2025550110" } == true)
  #expect(
    reader.phones?.contains { $0.contains("0119") || $0.contains("0117") || $0.contains("0118") } == false)
  #expect(reader.ref == nil && reader.optOutEvidence == nil)
  let tags: [String: [String]] = [
    "google.csv": ["Renters", "VIP"], "google_old.csv": ["Renters"], "outlook.csv": ["Renters", "VIP"],
    "mailchimp.csv": ["Renters", "VIP"],
  ]
  #expect(reader.tags == tags[file])
  // Ben wants no texts, where the system has such a column.
  let optedOut: Set = ["salesforce.csv", "salesforce_report.csv", "mailchimp.csv"]
  #expect((found[1].optOutEvidence != nil) == optedOut.contains(file))
}

@Test func severalPhonesInOneFieldOfGoogleAreSeveral() throws {
  let found = try people("google.csv")
  #expect(found[0].input.phones == ["+1 202-555-0111", "(202) 555-0110"])
  #expect(found[0].input.attributes?["phone_3_value"] == "202-555-0112")
  #expect(found[1].input.phones == ["202-555-0113", "202-555-0114"])
}

@Test func howTheColumnsAreReadIsSaid() throws {
  let columns = try ContactColumns(["Phone", "Mobile", "First Name", "Do Not Call", "Company"])
  #expect(
    columns.summary
      == "phone: Mobile, then Phone; name: First Name; opt-out: Do Not Call; merge fields: Company")
}

// MARK: Other languages

@Test(arguments: [
  "Nombre;Apellidos;Teléfono móvil", "Vorname;Nachname;Handynummer", "Prénom;Nom;Portable",
  "Nome;Sobrenome;Celular",
  "Nome;Cognome;Cellulare", "Voornaam;Achternaam;Mobiel", "Name;Surname;Phone", "Имя;Фамилия;Мобильный",
]) func titlesMayBeInAnotherLanguage(titles: String) throws {
  let found = try reading(titles.split(separator: ";").map(String.init), ["José", "Núñez", "2025550110"])
  #expect(found.input.firstName == "José" && found.input.lastName == "Núñez")
  #expect(found.input.phones == ["2025550110"] && found.input.attributes == nil)
}

@Test(arguments: ["Telefon", "Numéro de téléphone", "电话号码", "携帯電話番号", "Telefone", "Телефон"])
func aPhoneOfAnotherLanguageIsOne(title: String) throws {
  #expect(try reading([title, "姓名"], ["2025550110", "Ann Lee"]).input.phones == ["2025550110"])
  #expect(try reading([title, "姓名"], ["2025550110", "Ann Lee"]).input.lastName == "Lee")
}

@Test func aTitleWithoutALatinLetterIsAMergeFieldByItsPlace() throws {
  #expect(
    try reading(["phone", "住所", "備考"], ["2025550110", "A", "B"]).input.attributes == [
      "column_2": "A", "column_3": "B",
    ])
}

@Test(arguments: [
  ("Einwilligung", "nein"), ("Consentement", "non"), ("Abgemeldet", "ja"), ("SMS opt-in", "não"),
  ("Baja", "sí"),
])
func anOptOutInAnotherLanguageIsOne(title: String, value: String) throws {
  #expect(try reading(["Phone", title], ["2025550110", value]).input.optOutEvidence != nil)
}

@Test func whatStandsAboveTheTitlesIsPassedOver() throws {
  var titles: [String] = []
  var rows: [CSVTable.Row] = []
  let text = "Contacts export 2026-11-30,,\n,,\nFirst Name,Last Name,Phone\nAnn,Lee,202-555-0110\n"
  try CSVTable.read(
    Array(text.utf8), path: "x", header: { titles = $0 }, row: { rows.append($0) },
    fault: { Issue.record("\($0)") })
  #expect(titles == ["First Name", "Last Name", "Phone"])
  #expect(rows == [.init(line: 4, fields: ["Ann", "Lee", "202-555-0110"])])
}
