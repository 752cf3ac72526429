#include "gateway/transform/jq/confinement.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <iterator>
#include <vector>

#include "gateway/transform/jq/limits.h"

namespace tidegate {

namespace {

// Sanitizers reserve terabytes and open files when they report.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__arm__)
constexpr unsigned kArchitecture = AUDIT_ARCH_ARM;
#else
constexpr unsigned kArchitecture = 0;  // the limits below still hold
#endif

bool limit(__rlimit_resource_t resource, std::size_t most) {
  const rlimit both{most, most};
  return setrlimit(resource, &both) == 0;
}

/// What computing takes, and reading and writing what is open already. Anything else is answered by EPERM.
constexpr int kAllowedCalls[] = {
    __NR_read,
    __NR_write,
    __NR_brk,
    __NR_munmap,
    __NR_mremap,
    __NR_mprotect,
    __NR_madvise,
    __NR_futex,
    __NR_exit,
    __NR_exit_group,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    __NR_clock_gettime,
    __NR_gettid,
    __NR_getpid,
    __NR_gettimeofday,
    __NR_restart_syscall,
    __NR_tgkill,
    __NR_getrandom,
#ifdef __NR_mmap
    __NR_mmap,
#endif
#ifdef __NR_mmap2
    __NR_mmap2,
#endif
#ifdef __NR_sigreturn
    __NR_sigreturn,
#endif
#ifdef __NR_clock_gettime64
    __NR_clock_gettime64,
#endif
#ifdef __NR_time
    __NR_time,
#endif
};

void deny_other_calls() {
  std::vector<sock_filter> filter{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const int call : kAllowedCalls) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  // A kernel without filters leaves it at the limits.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/// When memory runs out, this process goes before the gateway does.
void offer_to_oom_killer() {
  constexpr char kScore[] = "800";
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = write(file, kScore, sizeof kScore - 1);
  close(file);
}

}  // namespace

bool confine(const JqBounds& bounds) {
  offer_to_oom_killer();
  if (chdir("/") != 0 || !limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, 0)) return false;
  if constexpr (kSanitized) return true;
  if (!limit(RLIMIT_STACK, limits::kJqStackBytes) || !limit(RLIMIT_DATA, bounds.memory_bytes)) return false;
  if (!limit(RLIMIT_NOFILE, 0)) return false;
  if constexpr (kArchitecture != 0) deny_other_calls();
  return true;
}

}  // namespace tidegate
