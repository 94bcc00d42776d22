import Contract
import Foundation
import SMPP
import Store

/// What a carrier delivered, before it was read.
struct OriginalOctets {
  var dataCoding: UInt8
  var octets: [UInt8]
  var ports: ApplicationPorts?

  /// As the local socket says it.
  var view: ReceivedOctets {
    ReceivedOctets(
      dataCoding: Int(dataCoding), base64: Data(octets).base64EncodedString(),
      destinationPort: ports.map { Int($0.destination) }, sourcePort: ports?.source.map { Int($0) })
  }
}

/// The table `received_octets`: those of texts that are lossy, or for a port.
final class ReceivedOctetsTable {
  private let insert: Statement

  init(_ database: Database) throws(StoreError) {
    insert = try database.prepare(
      """
      INSERT INTO received_octets (message_id, data_coding, destination_port, source_port, octets)
      VALUES (?1, ?2, ?3, ?4, ?5)
      """)
  }

  func add(_ original: OriginalOctets, of message: Int64) throws(StoreError) {
    insert.bind(1, message)
    insert.bind(2, Int64(original.dataCoding))
    insert.bind(3, original.ports.map { Int64($0.destination) })
    insert.bind(4, original.ports?.source.map { Int64($0) })
    insert.bind(5, blob: original.octets)
    try insert.run()
  }

  /// Those of a message; nil where its text is all that came.
  static func original(of message: Int64, in database: Database) throws(StoreError) -> OriginalOctets? {
    try database.map(
      "SELECT data_coding, destination_port, source_port, octets FROM received_octets WHERE message_id = ?1",
      .int(message)
    ) { row in
      OriginalOctets(
        dataCoding: UInt8(truncatingIfNeeded: row.int(0)), octets: row.blob(3),
        ports: row.intOrNil(1).map { destination in
          ApplicationPorts(
            destination: UInt16(truncatingIfNeeded: destination),
            source: row.intOrNil(2).map { UInt16(truncatingIfNeeded: $0) })
        })
    }.first
  }
}
