import Gateway
import Glibc

/// What the kernel says about this process (proc(5)), by the names Prometheus' clients use.
enum ProcessMetrics {
  static func write(to metrics: inout MetricsText, started: Int64) {
    let pages = integers("/proc/self/statm")
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    if pages.count > 1 {
      metrics.single(
        "process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.", pages[0] * page)
      metrics.single(
        "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.", pages[1] * page)
    }
    if let open = descriptors() {
      metrics.single("process_open_fds", .gauge, "Number of open file descriptors.", open)
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 {
      metrics.single(
        "process_max_fds", .gauge, "Maximum number of open file descriptors.", Int(clamping: limit.rlim_cur))
    }
    var usage = rusage()
    if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
      func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
      metrics.family(
        "process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.")
      metrics.sample(seconds(usage.ru_utime) + seconds(usage.ru_stime))
    }
    metrics.family(
      "process_start_time_seconds", .gauge, "Start time of the process since the Unix epoch in seconds.")
    metrics.sample(Double(started) / 1000)
  }

  /// Octets of a file; 0 where there is none.
  static func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  private static func descriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
      if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    // The directory itself is open meanwhile.
    return max(0, count - 1)
  }

  private static func integers(_ path: String) -> [Int] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &buffer, buffer.count)
    return String(decoding: buffer[..<max(0, count)], as: UTF8.self).split(separator: " ").compactMap {
      Int($0)
    }
  }
}
