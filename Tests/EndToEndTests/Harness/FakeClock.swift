import Foundation
import Glibc

/// A wall clock that a test moves: a library that is loaded before libc's and adds an offset to CLOCK_REALTIME alone. The gateway
/// has nothing in it for this.
final class FakeClock {
  private let directory: URL
  private let offset: UnsafeMutablePointer<Int64>
  /// What the process is started with.
  let environment: [String: String]

  private static let source = """
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <sys/syscall.h>
    #include <time.h>
    #include <unistd.h>
    static volatile int64_t *offset;
    __attribute__((constructor)) static void begin(void) {
      const char *path = getenv("TEST_CLOCK_OFFSET");
      int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
      if (fd < 0) return;
      void *page = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
      if (page != MAP_FAILED) offset = page;
      close(fd);
    }
    int clock_gettime(clockid_t id, struct timespec *t) {
      int result = (int)syscall(SYS_clock_gettime, id, t);
      if (result == 0 && id == CLOCK_REALTIME && offset) t->tv_sec += *offset;
      return result;
    }
    """

  init() throws {
    directory = try Locations.temporaryDirectory()
    let source = directory.appendingPathComponent("clock.c").path
    let library = directory.appendingPathComponent("clock.so").path
    let page = directory.appendingPathComponent("offset").path
    try Self.source.write(toFile: source, atomically: false, encoding: .utf8)
    let compiler = try Child("clang", ["clang", "-shared", "-fPIC", "-O1", "-o", library, source])
    guard try compiler.waitForExit() == .code(0) else { throw HarnessError(compiler.transcript) }
    let descriptor = open(page, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0, ftruncate(descriptor, 4096) == 0 else { throw HarnessError.system(page) }
    defer { close(descriptor) }
    guard let mapped = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      mapped != MAP_FAILED
    else { throw HarnessError.system("mmap") }
    offset = mapped.assumingMemoryBound(to: Int64.self)
    environment = ["LD_PRELOAD": library, "TEST_CLOCK_OFFSET": page]
  }

  /// The clock is off by this, from now on.
  func set(_ off: Duration) { offset.pointee = off.components.seconds }

  func destroy() {
    munmap(offset, 4096)
    try? FileManager.default.removeItem(at: directory)
  }
}
