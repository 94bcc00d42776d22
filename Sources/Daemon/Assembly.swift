import Carriers
import Configuration
import Contract
import Gateway
import NetIO
import SocketServer
import Store

/// The gateway put together, without threads: the rules with their writer, the network loop, and the mailboxes between
/// them. The process runs each part on a thread of its own; a simulation gives each its turn.
package final class Assembly {
  package let gateway: Gateway
  package let writer: Writer
  package let network: NetworkLoop
  package let inputs: Mailbox<NetworkInput>
  package let commands: Mailbox<CommandRequest>
  package let outputs: Mailbox<NetworkOutput>
  package let writerState: WriterState
  package let control: NetworkControl
  let live: LiveState
  let trace: WireTrace
  let writerWaker = Waker()

  /// Where the parts stand: the machine, or what a simulation puts in its place.
  package struct Ground {
    package var storePath: String
    /// SQLite's file layer; nil: the default one.
    package var vfs: String?
    package var sockets: any Sockets
    package var time: any Timekeeper
    package var random: any RandomNumberGenerator
    package var journal: Journal
    /// Hears of what ends or changes the life of the whole.
    package var lifecycle: Waker

    package init(
      storePath: String, vfs: String? = nil, sockets: any Sockets, time: any Timekeeper,
      random: any RandomNumberGenerator = SystemRandomNumberGenerator(), journal: Journal, lifecycle: Waker
    ) {
      self.storePath = storePath
      self.vfs = vfs
      self.sockets = sockets
      self.time = time
      self.random = random
      self.journal = journal
      self.lifecycle = lifecycle
    }
  }

  package init(_ configuration: Configuration, on ground: Ground) throws {
    gateway = try Gateway(
      path: ground.storePath, settings: configuration.rules, now: ground.time.wallMilliseconds,
      vfs: ground.vfs, random: ground.random)
    let time = ground.time
    try gateway.watchClock(wall: time.wallMilliseconds) { time.steadyMilliseconds }
    let room = configuration.limits.inboundMailbox
    inputs = Mailbox<NetworkInput>("inputs", capacity: room + 1_000_000, waker: writerWaker)
    commands = Mailbox<CommandRequest>(
      "commands", capacity: configuration.limits.commands, waker: writerWaker)
    outputs = Mailbox<NetworkOutput>("outputs", capacity: 1_000_000, waker: ground.sockets.waker)
    control = NetworkControl(lifecycle: ground.lifecycle)
    writerState = WriterState(lifecycle: ground.lifecycle)
    trace = WireTrace(octets: configuration.limits.traceMebibytes << 20)
    live = LiveState(
      configuration.carriers.map { carrier in
        LiveCarrier(
          name: carrier.name, systemID: carrier.connect?.systemID ?? carrier.listen?.systemID ?? "",
          rate: carrier.profile.rate,
          sessions: (carrier.connect?.binds ?? []).map {
            LiveSession(type: "\($0)", state: .waiting, window: carrier.profile.window)
          })
      }, watcher: ground.lifecycle)
    var carriers: [(Configuration.Carrier, CarrierKey)] = []
    for carrier in configuration.carriers {
      guard let id = gateway.carrier(named: carrier.name) else { continue }
      carriers.append((carrier, id))
    }
    network = try NetworkLoop(
      configuration: configuration, carriers: carriers, tls: TLSContexts(configuration), toRules: inputs,
      inboundRoom: room, sockets: ground.sockets, time: time, random: ground.random, journal: ground.journal,
      live: live, trace: trace, control: control, fromRules: outputs)
    writer = Writer(
      gateway: gateway, inputs: inputs, commands: commands, network: outputs, journal: ground.journal,
      waker: writerWaker, time: time, state: writerState)
  }
}
