import Configuration
import Contract
import Gateway
import NetIO
import SMPP
import Settings
import SocketServer

/// The families that are not of the store: carriers, sessions, mailboxes, the writer, the socket, the process.
struct DaemonMetrics: MetricsSource {
  /// Carriers and sessions with series of their own; the rest are added up as `other`.
  static let carriersOfEach = 16
  static let sessionsOfEach = 100

  let configuration: Configuration
  let live: LiveState
  let trace: WireTrace
  let writer: WriterState
  let inputs: Mailbox<NetworkInput>
  let outputs: Mailbox<NetworkOutput>
  let commands: Mailbox<CommandRequest>
  let storePath: String
  /// Milliseconds since 1970 UTC.
  let started: Int64

  func write(to metrics: inout MetricsText) {
    metrics.family("tollgate_build_info", .gauge, "The running version.")
    metrics.sample(1, [("version", Daemon.version)])
    metrics.single(
      "tollgate_ready", .gauge, "1 while every carrier has the sessions it needs.", live.isReady ? 1 : 0)
    let carriers = live.snapshot()
    writeSessions(carriers, to: &metrics)
    writeCarriers(carriers, to: &metrics)
    writeMailboxes(to: &metrics)
    writeWriter(to: &metrics)
    writeSocket(to: &metrics)
    metrics.single(
      "tollgate_trace_records_total", .counter, "PDUs recorded by the trace.", Int(trace.newest))
    if let free = DiskWatch.free(
      in: String(storePath.prefix(upTo: storePath.lastIndex(of: "/") ?? storePath.startIndex)))
    {
      metrics.single(
        "tollgate_disk_free_bytes", .gauge, "Free space for the daemon on the store's file system.",
        Int(clamping: free))
    }
    ProcessMetrics.write(to: &metrics, started: started)
  }

  func sentSegments() -> [NumberID: Int] {
    var sent: [NumberID: Int] = [:]
    for (number, count) in live.wire.sent.enumerated() where count > 0 { sent[NumberID(number)] = count }
    return sent
  }

  func limits() -> [MetricsLimit] {
    [
      .init("inbound_mailbox", limit: configuration.limits.inboundMailbox, used: inputs.count),
      .init("commands", limit: configuration.limits.commands, used: commands.count),
      .init("connections", limit: configuration.limits.connections, used: writer.socketCounters?.connections),
      .init("queries", limit: APILimits().queries, used: writer.socketCounters?.queriesWaiting),
      .init("feed_max_bytes", limit: Int(configuration.rules.feedMaximum)),
      .init("queue_per_number", limit: configuration.rules.queuePerNumber),
      .init("campaign_recipients", limit: configuration.rules.maximumRecipients),
      .init("reassembly_parts", limit: configuration.rules.maximumParts),
      .init("answers_per_phone_hour", limit: configuration.rules.answersPerPhoneHour),
      .init("alerts_per_rep_hour", limit: configuration.rules.alertsPerRepHour),
      .init("quarantine", limit: configuration.rules.maximumQuarantined),
      .init("quarantine_bytes", limit: Int(configuration.rules.quarantineMaximum)),
      .init("trace_bytes", limit: trace.octets, used: trace.usedOctets),
    ]
  }

  // MARK: Sessions

  private func writeSessions(_ carriers: [LiveCarrier], to metrics: inout MetricsText) {
    let states = BindState.allCases
    metrics.family("tollgate_carrier_sessions", .gauge, "Sessions of a carrier by state.")
    for (name, group) in grouped(carriers) {
      for state in states {
        metrics.sample(
          group.reduce(0) { $0 + carriers[$1].sessions.count { $0.state == state } },
          [("carrier", name), ("state", state.rawValue)])
      }
    }
    var sessions: [(labels: MetricsText.Labels, session: LiveSession)] = []
    for carrier in carriers {
      for (index, session) in carrier.sessions.enumerated() where sessions.count < Self.sessionsOfEach {
        sessions.append(
          ([("carrier", carrier.name), ("session", "\(index)"), ("type", session.type)], session))
      }
    }
    metrics.family("tollgate_bind_up", .gauge, "1 while a session is bound; of the first hundred.")
    for (labels, session) in sessions { metrics.sample(session.state == .bound ? 1 : 0, labels) }
    metrics.family("tollgate_bind_window_used", .gauge, "Unanswered requests of a session.")
    for (labels, session) in sessions { metrics.sample(session.inFlight, labels) }
    metrics.family("tollgate_bind_window_size", .gauge, "The window: unanswered requests a session may have.")
    for (labels, session) in sessions { metrics.sample(session.window, labels) }
  }

  /// Carriers by name, each with its places; the last is `other` where there are too many.
  private func grouped(_ carriers: [LiveCarrier]) -> [(name: String, places: [Int])] {
    var groups = carriers.indices.prefix(Self.carriersOfEach).map { (name: carriers[$0].name, places: [$0]) }
    let rest = Array(carriers.indices.dropFirst(Self.carriersOfEach))
    if !rest.isEmpty { groups.append(("other", rest)) }
    return groups
  }

  // MARK: Carriers

  private func writeCarriers(_ carriers: [LiveCarrier], to metrics: inout MetricsText) {
    let wire = live.wire.carriers
    let groups = grouped(carriers)
    func counts(_ places: [Int]) -> [CarrierCounts] { places.filter { $0 < wire.count }.map { wire[$0] } }
    func sum(_ name: String, _ kind: MetricsText.Kind, _ help: String, _ value: (Int) -> Int) {
      metrics.family(name, kind, help)
      for group in groups {
        metrics.sample(group.places.reduce(0) { $0 + value($1) }, [("carrier", group.name)])
      }
    }
    metrics.family("tollgate_carrier_rate_configured", .gauge, "Segments per second of the contract.")
    for group in groups {
      metrics.sample(group.places.reduce(0) { $0 + carriers[$1].rate }, [("carrier", group.name)])
    }
    metrics.family(
      "tollgate_carrier_rate_in_force", .gauge,
      "Segments per second in use; lower after a throttling answer.")
    for group in groups {
      metrics.sample(
        group.places.reduce(0) { $0 + carriers[$1].rate * ($1 < wire.count ? wire[$1].share : 1) },
        [("carrier", group.name)])
    }
    sum(
      "tollgate_carrier_segments_accepted_total", .counter, "Segments a carrier accepted."
    ) { carriers[$0].sent }
    sum(
      "tollgate_carrier_messages_received_total", .counter,
      "Messages and receipts accepted from a carrier."
    ) {
      carriers[$0].received
    }
    sum("tollgate_carrier_throttled_total", .counter, "Throttling answers from a carrier.") {
      carriers[$0].throttled
    }
    sum("tollgate_carrier_connects_total", .counter, "Attempts to connect to a carrier.") {
      carriers[$0].connects
    }
    sum("tollgate_carrier_binds_total", .counter, "Sessions that were bound.") { carriers[$0].binds }
    sum("tollgate_carrier_bad_pdus_total", .counter, "PDUs from a carrier that could not be used.") {
      $0 < wire.count ? wire[$0].bad : 0
    }
    sum(
      "tollgate_carrier_refused_for_room_total", .counter,
      "Messages from a carrier refused because the mailbox was full."
    ) { $0 < wire.count ? wire[$0].refusedForRoom : 0 }

    metrics.family("tollgate_carrier_pdus_total", .counter, "PDUs by direction and command.")
    for group in groups {
      for (direction, path) in [("in", \CarrierCounts.pdusIn), ("out", \.pdusOut)] {
        write(slots: counts(group.places).map { $0[keyPath: path] }, group.name, direction, to: &metrics)
      }
    }
    metrics.family(
      "tollgate_carrier_submit_answers_total", .counter,
      "A carrier's answers to our messages by command_status.")
    for group in groups { write(statuses: counts(group.places).map(\.answersIn), group.name, to: &metrics) }
    metrics.family(
      "tollgate_carrier_deliver_answers_total", .counter,
      "Our answers to a carrier's messages by command_status.")
    for group in groups { write(statuses: counts(group.places).map(\.answersOut), group.name, to: &metrics) }
    metrics.family(
      "tollgate_carrier_submit_seconds", .histogram, "Time from writing a message to the carrier's answer.")
    for group in groups { write(histograms: counts(group.places).map(\.roundTrip), group.name, to: &metrics) }
    metrics.family(
      "tollgate_carrier_deliver_seconds", .histogram,
      "Time from reading a carrier's message to writing our answer.")
    for group in groups { write(histograms: counts(group.places).map(\.answering), group.name, to: &metrics) }
  }

  private func write(
    slots: [[Int]], _ carrier: String, _ direction: String, to metrics: inout MetricsText
  ) {
    var byName: [String: Int] = [:]
    for list in slots {
      for (slot, count) in list.enumerated() where count > 0 {
        byName[CommandSlot.name(slot), default: 0] += count
      }
    }
    for (command, count) in byName.sorted(by: { $0.key < $1.key }) {
      metrics.sample(count, [("carrier", carrier), ("direction", direction), ("command", command)])
    }
  }

  private func write(statuses: [StatusCounts], _ carrier: String, to metrics: inout MetricsText) {
    var byName = ["ESME_ROK": 0]
    for counts in statuses {
      byName["ESME_ROK", default: 0] += counts.ok
      for (status, count) in counts.errors {
        byName[CommandStatus(rawValue: status).name, default: 0] += count
      }
      if counts.other > 0 { byName["other", default: 0] += counts.other }
    }
    for (status, count) in byName.sorted(by: { $0.key < $1.key }) {
      metrics.sample(count, [("carrier", carrier), ("status", status)])
    }
  }

  private func write(histograms: [Histogram], _ carrier: String, to metrics: inout MetricsText) {
    var total = Histogram.latency
    for histogram in histograms { total.add(histogram) }
    metrics.histogram(total, [("carrier", carrier)])
  }

  // MARK: Threads

  private func writeMailboxes(to metrics: inout MetricsText) {
    let boxes = [
      (inputs.name, inputs.count, inputs.capacity), (outputs.name, outputs.count, outputs.capacity),
      (commands.name, commands.count, commands.capacity),
    ]
    metrics.family("tollgate_mailbox_depth", .gauge, "Items that wait in a mailbox between two threads.")
    for (name, count, _) in boxes { metrics.sample(count, [("mailbox", name)]) }
    metrics.family(
      "tollgate_mailbox_capacity", .gauge, "Items that may wait in a mailbox between two threads.")
    for (name, _, capacity) in boxes { metrics.sample(capacity, [("mailbox", name)]) }
  }

  private func writeWriter(to metrics: inout MetricsText) {
    let counts = writer.counts
    metrics.family("tollgate_store_commit_seconds", .histogram, "Time of a commit, with its sync.")
    metrics.histogram(counts.commit)
    metrics.family("tollgate_store_batch_items", .histogram, "Inputs and commands per transaction.")
    metrics.histogram(counts.batch)
    metrics.single(
      "tollgate_store_inputs_total", .counter, "Network inputs committed.", counts.inputs)
    metrics.single(
      "tollgate_store_commands_total", .counter, "Commands committed.", counts.commands)
    metrics.single(
      "tollgate_store_failed_batches_total", .counter, "Batches rolled back.", counts.failed)
    metrics.single(
      "tollgate_store_bytes", .gauge, "Size of the store's file.", ProcessMetrics.size(of: storePath))
    metrics.single(
      "tollgate_store_wal_bytes", .gauge, "Size of the store's write-ahead log.",
      ProcessMetrics.size(of: storePath + "-wal"))
  }

  private func writeSocket(to metrics: inout MetricsText) {
    guard let counters = writer.socketCounters else { return }
    metrics.single(
      "tollgate_socket_connections", .gauge, "Open connections on the local socket.", counters.connections)
    metrics.single(
      "tollgate_socket_consumers", .gauge, "Consumers that read the feed now.", counters.consumers)
    metrics.single(
      "tollgate_socket_accepted_total", .counter, "Connections accepted on the local socket.",
      counters.acceptedTotal)
    metrics.single(
      "tollgate_socket_turned_away_total", .counter, "Connections refused on the local socket.",
      counters.turnedAwayTotal)
    metrics.single(
      "tollgate_socket_displaced_total", .counter,
      "Connections on the local socket closed for others before they said hello.", counters.displacedTotal)
    metrics.single("tollgate_socket_queries_total", .counter, "Queries answered.", counters.queriesTotal)
    metrics.single(
      "tollgate_socket_queries_running", .gauge, "Queries that readers answer now.", counters.queriesRunning)
    metrics.single(
      "tollgate_socket_queries_waiting", .gauge, "Queries that wait for a reader.", counters.queriesWaiting)
    metrics.single(
      "tollgate_socket_queries_busy_total", .counter, "Queries answered busy because too many waited.",
      counters.queriesBusyTotal)
    metrics.single(
      "tollgate_socket_queries_over_time_total", .counter,
      "Queries answered busy because their time was over.", counters.queriesOverTimeTotal)
    metrics.single("tollgate_socket_commands_total", .counter, "Commands accepted.", counters.commandsTotal)
    metrics.single("tollgate_socket_busy_total", .counter, "Commands answered busy.", counters.busyTotal)
    metrics.single(
      "tollgate_socket_forbidden_total", .counter, "Calls refused because the role does not allow them.",
      counters.forbiddenTotal)
    metrics.single(
      "tollgate_socket_written_bytes_total", .counter, "Octets written to the local socket.",
      counters.octetsTotal)
  }
}
