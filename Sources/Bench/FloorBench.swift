import CBenchFloor
import Glibc
import NetIO

/// The floors alone, as the other parts use them.
enum FloorBench {
  /// Rows a message costs at the least, and their octets, for the floor of the store.
  static let rowsPerItem = 3
  static let octetsPerRow = 60
  /// Items a commit.
  static let itemsPerCommit = 200
  static let syncs = 500

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    var loopback: [Double] = []
    var rows: [Double] = []
    var p50: [Double] = []
    var p99: [Double] = []
    var copies: [Double] = []
    for _ in 0..<settings.runs {
      loopback.append(try smppLoopback(settings))
      rows.append(try storeRows(items: settings.segments, rowsPerItem: rowsPerItem))
      let syncTimes = try syncMilliseconds()
      p50.append(Bench.percentile(0.5, ofSorted: syncTimes))
      p99.append(Bench.percentile(0.99, ofSorted: syncTimes))
      copies.append(bench_floor_memcpy(150, 3_000_000))
    }
    let runs = ("runs", "\(settings.runs)")
    func figure(
      _ name: String, _ unit: Bench.Figure.Unit, _ values: [Double], _ conditions: [(String, String)]
    ) -> Bench.Figure {
      Bench.Figure(part: .floors, name: name, unit: unit, values: values, conditions: conditions + [runs])
    }
    let smpp = [
      ("window", "\(settings.window)"), ("sessions", "1"),
      ("segments", "\(max(settings.segments, BindBench.fewest))"),
      ("text", "\(settings.textOctets) octets"),
    ]
    let store = [
      ("items", "\(settings.segments)"), ("rows an item", "\(rowsPerItem)"),
      ("octets a row", "\(octetsPerRow)"),
      ("items a commit", "\(itemsPerCommit)"), ("synchronous", "FULL"),
    ]
    let sync = [("syncs", "\(syncs)"), ("write", "8192 octets, in place")]
    return [
      figure("bare C submit_sm and answer", .perSecond, loopback, smpp),
      figure("bare C items into SQLite", .perSecond, rows, store),
      figure("fdatasync p50", .milliseconds, p50, sync),
      figure("fdatasync p99", .milliseconds, p99, sync),
      figure("memcpy of 150 octets", .nanoseconds, copies, [("iterations", "3000000")]),
    ]
  }

  /// submit_sm with their answers a second, a bare C client against a bare C SMSC.
  static func smppLoopback(_ settings: Bench.Settings) throws -> Double {
    let count = max(settings.segments, BindBench.fewest)
    let smsc = try BareSMSC()
    defer { smsc.stop() }
    var seconds = 0.0
    let result = bench_floor_smpp_client(
      smsc.port, count, Int32(settings.window), Int32(settings.textOctets), &seconds)
    guard result == 0 else { throw Bench.Failure("the bare C client: \(Errno(rawValue: result))") }
    return Double(count) / seconds
  }

  /// Items a second: so many rows each written by bare C with FULL sync, `itemsPerCommit` a commit.
  static func storeRows(items: Int, rowsPerItem: Int) throws -> Double {
    let directory = try Bench.directory()
    var seconds = 0.0
    let result = bench_floor_rows(
      directory.path + "/floor.sqlite3", items, Int32(rowsPerItem), Int32(octetsPerRow),
      Int32(itemsPerCommit),
      &seconds)
    guard result == 0 else { throw Bench.Failure("the bare C rows: SQLite result \(result)") }
    return Double(items) / seconds
  }

  /// Sorted milliseconds of write and fdatasync in place.
  static func syncMilliseconds() throws -> [Double] {
    let directory = try Bench.directory()
    var samples = [Int64](repeating: 0, count: syncs)
    let result = bench_floor_sync(directory.path + "/floor.sync", Int32(syncs), &samples)
    guard result == 0 else { throw Bench.Failure("the bare C syncs: \(Errno(rawValue: result))") }
    return samples.map { Double($0) / 1e6 }.sorted()
  }
}

/// An SMSC in bare C that answers every submit_sm, on loopback.
final class BareSMSC {
  let port: UInt16
  private let descriptor: Int32

  init() throws {
    var port: UInt16 = 0
    descriptor = bench_floor_smsc_start(&port)
    guard descriptor >= 0 else { throw Bench.Failure("the bare C SMSC: \(Errno(rawValue: -descriptor))") }
    self.port = port
  }

  func stop() { bench_floor_smsc_stop(descriptor) }
}
