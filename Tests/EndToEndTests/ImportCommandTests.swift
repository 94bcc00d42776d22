import Foundation
import Testing

extension EndToEnd {
  /// Files as companies have them, by the commands that operators type.
  @Suite struct ImportCommands {
    @Test("A dry run reports line by line what the import then does, and changes nothing")
    func rehearsal() async throws {
      try await blocking {
        try run { gateway, folder in
          let file = folder.appendingPathComponent("people.csv").path
          let long = String(repeating: "n", count: 1_150)
          try """
          First Name,Last Name,Phone,Mobile,Ref,Do Not Call,Notes
          Alice,Abbott,(202) 555-0110,202-555-0111,,0,
          Ben,Hayes,202-555-0113,,,1,
          Carla,Ortiz,5550142,,,,
          Nora,,202-555-0111,,,,
          ALICE,abbott,202-555-0111,,,,
          Nora,,202-555-0111,,n-1,,
          Dora,,+44 (0)20 7946 0030,,,,
          Eve,,2025550151.0,,,,\(long)
          Finn,,202-555-0160/7,,,,
          Gus,,+1 911 555 0142,,,,
          Hal,,202-555-0170,,,maybe,

          """.write(toFile: file, atomically: true, encoding: .utf8)
          let dry = try tollgate(gateway, ["contact", "import", file, "--dry-run"], status: 65)
          #expect(try tollgate(gateway, ["contact", "list", "--json"]).isEmpty)
          #expect(try tollgate(gateway, ["consent", "list", "--json"]).isEmpty)
          let real = try tollgate(gateway, ["contact", "import", file], status: 65)
          #expect(dry.dropLast() == real.dropLast())
          #expect(dry.last == "dry run, nothing changed: " + (real.last ?? ""))
          #expect(real.last == "6 added, 1 known before, 2 phones opted out, 4 lines refused")
          #expect(
            real.dropLast().last
              == "7 phones read as of country code +1, such as \"202-555-0111\" (line 2) as +12025550111")
          #expect(real.contains("line 4: refused: phones: is too short for a number of country code +1"))
          #expect(
            real.contains(
              "line 9: added: +12025550151 read from \"2025550151.0\"; notes left out: longer than 1000 characters"
            ))
          // What is in the file is there, and to import it again adds nobody.
          let again = try tollgate(gateway, ["contact", "import", file], status: 65)
          #expect(again.last == "0 added, 8 known before, 3 lines refused")
        }
      }
    }

    @Test("Excel's CSV in Windows-1252 and its Unicode Text are read, and the report says so")
    func charsets() async throws {
      try await blocking {
        try run { gateway, folder in
          let plain = folder.appendingPathComponent("excel.csv").path
          try Data(
            Array("Phone;First Name\r\n202-555-0110;Jos".utf8) + [0xE9]
              + Array("\r\n202-555-0111;Ben\r\n".utf8)
          ).write(to: URL(fileURLWithPath: plain))
          let dry = try tollgate(gateway, ["contact", "import", plain, "--dry-run"])
          let real = try tollgate(gateway, ["contact", "import", plain])
          #expect(dry.dropLast() == real.dropLast())
          #expect(
            real.contains("1 line is not UTF-8 and was read as Windows-1252, such as \"José\" (line 2)"))
          let unicode = folder.appendingPathComponent("unicode.txt").path
          let text = "\u{FEFF}Phone\tFirst Name\r\n202-555-0112\tZoë\r\n"
          try Data(text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }).write(
            to: URL(fileURLWithPath: unicode))
          #expect(try tollgate(gateway, ["contact", "import", unicode]).contains("the file is UTF-16"))
          let names = try tollgate(gateway, ["contact", "list"]).joined()
          for name in ["José", "Ben", "Zoë"] { #expect(names.contains(name)) }
          #expect(
            try tollgate(gateway, ["consent", "import", unicode, "--dry-run"]).contains("the file is UTF-16"))
        }
      }
    }

    @Test("Lines that share a phone are rehearsed together, however far apart they are")
    func farApart() async throws {
      try await blocking {
        try run { gateway, folder in
          let file = folder.appendingPathComponent("office.csv").path
          var lines = ["phone,first_name,ref"]
          // The office's phone stands for everybody: one of them gets it.
          for index in 0..<700 {
            lines.append(
              index % 7 == 0 ? "202-555-0100,Person \(index)," : "202-556-\(1000 + index),Person \(index),")
          }
          lines.append("202-555-0100,PERSON 0,")
          try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
          let dry = try tollgate(gateway, ["contact", "import", file, "--dry-run"], status: 65)
          let real = try tollgate(gateway, ["contact", "import", file], status: 65)
          #expect(dry.dropLast() == real.dropLast())
          #expect(real.last == "601 added, 1 known before, 99 lines refused")
        }
      }
    }

    @Test("Numbers, reps and opt-outs come from files too")
    func others() async throws {
      try await blocking {
        try run { gateway, folder in
          let team = folder.appendingPathComponent("team.csv").path
          try
            "Name,Number,Mobile\nRosa Lind,(888) 555-0104,202-555-0199\nBen,8885550105,\nrosa lind,,\nCarl,8885550104,\n"
            .write(toFile: team, atomically: true, encoding: .utf8)
          let dry = try tollgate(
            gateway, ["rep", "import", team, "--carrier", "carrier", "--dry-run"], status: 65)
          #expect(try tollgate(gateway, ["rep", "list", "--json"]).isEmpty)
          let real = try tollgate(gateway, ["rep", "import", team, "--carrier", "carrier"], status: 65)
          #expect(dry.last == "dry run, nothing changed: " + (real.last ?? ""))
          #expect(real.last == "2 reps added, 1 known before, 1 line refused")
          let numbers = folder.appendingPathComponent("numbers.csv").path
          try "number,rate,rep\n888-555-0106,3,BEN\n+18885550104,,\n888-555-010,,\n".write(
            toFile: numbers, atomically: true, encoding: .utf8)
          let added = try tollgate(
            gateway, ["number", "import", numbers, "--carrier", "carrier"], status: 65)
          #expect(added.last == "1 number added, 1 known before, 1 line refused")
          let optOuts = folder.appendingPathComponent("optouts.csv").path
          try "Phone Number\n(202) 555-0143\n+44 (0)20 7946 0030\nask Anna\n2025550143\n".write(
            toFile: optOuts, atomically: true, encoding: .utf8)
          let rehearsed = try tollgate(gateway, ["consent", "import", optOuts, "--dry-run"], status: 65)
          let recorded = try tollgate(gateway, ["consent", "import", optOuts], status: 65)
          #expect(rehearsed.dropLast() == recorded.dropLast())
          #expect(recorded.last == "2 phones opted out, 1 opted out before, 1 line refused")
          let shown = try tollgate(gateway, ["consent", "show", "(202) 555-0143"])
          #expect(shown.contains { $0.contains("optouts.csv, line 2") })
        }
      }
    }

    @Test("Who may look at numbers and nothing else sees them, with ids for the names of reps and queues")
    func watcher() async throws {
      try await blocking {
        try run { gateway, _ in
          for number in ["+18885550104", "+18885550105"] {
            _ = try tollgate(gateway, ["number", "add", number, "--carrier", "carrier"])
          }
          _ = try tollgate(gateway, ["rep", "add", "Rosa Lind", "--number", "+18885550104"])
          _ = try tollgate(gateway, ["number", "queue", "+18885550105", "default"])
          let named = try tollgate(gateway, ["number", "list"]).joined(separator: "\n")
          #expect(named.contains("Rosa Lind") && named.contains("default"))
          #expect(try gateway.terminate() == .code(0))
          let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
          try text.replacingOccurrences(
            of: "roles: { admin: {", with: "roles: { watcher: { may: ['number.list'],"
          )
          .write(toFile: gateway.configuration, atomically: false, encoding: .utf8)
          try gateway.start()
          let shown = try tollgate(gateway, ["number", "list"]).joined(separator: "\n")
          #expect(shown.contains("rep_1") && shown.contains("q_1") && !shown.contains("Rosa"))
          _ = try tollgate(gateway, ["rep", "list"], status: 77)
        }
      }
    }

    private func run(_ body: (GatewayProcess, URL) throws -> Void) throws {
      let carrier = try ScriptedCarrier()
      defer { carrier.close() }
      let gateway = try GatewayProcess(carriers: [.init(port: carrier.port)])
      defer { gateway.destroy() }
      try gateway.start()
      try body(gateway, gateway.directory)
    }

    private func tollgate(_ gateway: GatewayProcess, _ arguments: [String], status: Int32 = 0) throws
      -> [String]
    {
      let child = try Child("tollgate", [Locations.tollgate] + arguments + ["--socket", gateway.socket])
      guard try child.waitForExit() == .code(status) else { throw HarnessError(child.transcript) }
      return child.lines
    }
  }
}
