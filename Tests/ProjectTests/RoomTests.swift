import Foundation
import Testing

/// A room: a folder of `Sources/Gateway`, in the table where engineers read it, the lowest first.
private struct Room {
  var name: String
  var mayUse: Set<String>
}

private func rooms() throws -> [Room] {
  try Project.table("Rooms").map { Room(name: $0[0][0], mayUse: Set($0[2])) }
}

/// One file of a room.
private struct RoomFile {
  var room: String
  var path: String
  var source: SwiftSource
}

private func files() throws -> [RoomFile] {
  try Project.files(under: "Sources/Gateway", ending: ".swift").map { path in
    RoomFile(
      room: String(path.split(separator: "/")[2]), path: path, source: SwiftSource(try Project.text(path)))
  }
}

@Test func everyFolderOfTheRulesIsARoomAndUsesOnlyLowerOnes() throws {
  let rooms = try rooms()
  for (index, room) in rooms.enumerated() {
    let lower = Set(rooms[..<index].map(\.name))
    #expect(room.mayUse.isSubset(of: lower), "\(room.name) may use what is not below it")
  }
  #expect(Set(try files().map(\.room)) == Set(rooms.map(\.name)))
}

@Test func everyRoomUsesTheTypesOfJustTheRoomsItsRowNames() throws {
  let files = try files()
  var home: [String: String] = [:]
  for file in files {
    var sizes = TypeSizes()
    sizes.add(file.source)
    for name in sizes.topLevel {
      #expect(home[name] == nil || home[name] == file.room, "\(name) is declared in two rooms")
      home[name] = file.room
    }
  }
  #expect(home.count > 150)
  for room in try rooms() {
    var used: Set<String> = []
    for file in files where file.room == room.name {
      var before = SwiftSource.Token.mark("\n")
      for token in file.source.tokens {
        defer { before = token }
        guard case .word(let name) = token, before != .mark("."), let owner = home[name], owner != room.name
        else { continue }
        if !room.mayUse.contains(owner) { Issue.record("\(file.path) uses \(name), of \(owner)") }
        used.insert(owner)
      }
    }
    #expect(used == room.mayUse, "\(room.name) uses \(used.sorted())")
  }
}

@Test func sqlIsWrittenAndRunInTablesAndViewsOnly() throws {
  let calls: Set = ["prepare", "cached", "run", "rows", "map", "int", "text", "execute"]
  let connections: Set = ["store", "database", "connection"]
  let statement = /\b(?:SELECT|INSERT|DELETE|UPDATE|CREATE|PRAGMA)\b/
  for file in try files() where !["Tables", "Views"].contains(file.room) {
    for literal in file.source.literals where literal.contains(statement) {
      Issue.record("\(file.path) has SQL: \(literal)")
    }
    let tokens = file.source.tokens
    for index in tokens.indices {
      guard case .word(let word) = tokens[index] else { continue }
      if word == "Statement" || (word == "Database" && file.room != "Batch") {
        Issue.record("\(file.path) uses \(word)")
      }
      guard connections.contains(word), index + 2 < tokens.count, tokens[index + 1] == .mark("."),
        case .word(let call) = tokens[index + 2], calls.contains(call)
      else { continue }
      Issue.record("\(file.path) calls \(word).\(call)")
    }
  }
}

/// A row that is replaced is another row, to whatever refers to it, and to a second gateway.
@Test func noStatementReplacesARow() throws {
  for path in try Project.files(under: "Sources", ending: ".swift") {
    for literal in SwiftSource(try Project.text(path)).literals
    where literal.contains(/\bREPLACE INTO\b|\bOR REPLACE\b/) {
      Issue.record("\(path): \(literal)")
    }
  }
}

@Test func noTypeOfTheRulesIsTooLargeToKnow() throws {
  var sizes = TypeSizes()
  for file in try files() { sizes.add(file.source) }
  #expect(sizes.types.count > 150)
  for (name, size) in sizes.types {
    #expect(
      size.methods <= 60 && size.stored <= 20,
      "\(name): \(size.methods) methods, \(size.stored) stored properties")
  }
}

@Test func aFileIsReadWithoutItsCommentsAndLiterals() {
  let source = SwiftSource(
    #"""
    struct A: B { // struct Hidden
      let one = "let \(two("}")) \" {"
      var three: Int { 3 }
      var four: [Int] = [] {
        didSet { five() }
      }
      static let six = 6
      func five() { let local = 7 }
      struct Inner { let seven: Int }
    }
    private enum Own {}
    extension A.Inner { func eight() {} }
    """#)
  #expect(source.literals == ["}", #"let  \" {"#])
  var sizes = TypeSizes()
  sizes.add(source)
  #expect(sizes.topLevel == ["A"])
  #expect(sizes.types["A"]?.methods == 1 && sizes.types["A"]?.stored == 2)
  #expect(sizes.types["A.Inner"]?.methods == 1 && sizes.types["A.Inner"]?.stored == 1)
}
