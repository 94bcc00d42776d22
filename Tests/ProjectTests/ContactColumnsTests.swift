import CommandFrame
import Contract
import Testing

@testable import OperatorCommands

private func contact(_ titles: String, _ fields: [String]) throws -> ContactInput {
  let columns = try ContactColumns(titles.split(separator: ",").map { CSVTable.normalised(String($0)) })
  return try columns.contact(fields, extraTags: ["import"], defaultOwner: RepID(9)) { name in
    guard name == "Dana" else { throw ContactColumns.Unusable(reason: "owner: no rep is called \"\(name)\"") }
    return RepID(1)
  }
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

@Test(arguments: [
  (["", "Dana"], "phone: is empty"),
  (["555-01", "Dana"], "phone: \"555-01\" is not a phone number"),
  (["call me 2025550110", "Dana"], "phone: \"call me 2025550110\" is not a phone number"),
  (["2025550110", "Bob"], "owner: no rep is called \"Bob\""),
])
func aRowThatIsNoContactSaysWhy(fields: [String], reason: String) {
  #expect(throws: ContactColumns.Unusable(reason: reason)) { try contact("phone,owner", fields) }
}

@Test(arguments: [["first_name", "last_name"], ["phone", "owner", "owner"]])
func aHeaderThatCannotBeUsedIsRefused(titles: [String]) {
  #expect(throws: Failure.self) { try ContactColumns(titles) }
}
