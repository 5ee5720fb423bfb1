// An audit library (LD_AUDIT) that hides AVX-512, VNNI and AMX from the libraries named in BGE_JS_PLAIN, one a line:
// "FILE NAME:OFFSET,OFFSET,...", where the offsets are those of `cpuid` instructions (0f a2) from the library's base.
// Each becomes `ud2` (0f 0b) as soon as the library is mapped, before any of its code runs; the handler of the signal that this
// raises asks the processor and takes the bits away. So ONNX Runtime chooses the kernels that it has for AVX2 alone.
#define _GNU_SOURCE
#include <cpuid.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static const uint8_t CPUID[] = {0x0f, 0xa2};
static const uint8_t UD2[] = {0x0f, 0x0b};

static void hide(uint32_t leaf, uint32_t subleaf, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d) {
  if (leaf == 7 && subleaf == 0) {
    // AVX-512: F, DQ, IFMA, PF, ER, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ; 4VNNIW, 4FMAPS, VP2INTERSECT, FP16. AMX: BF16, TILE, INT8.
    *b &= ~(1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31);
    *c &= ~(1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14);
    *d &= ~(1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25);
  }
  if (leaf == 7 && subleaf == 1) {
    // AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA; AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-VNNI-INT16, AVX10.
    *a &= ~(1u << 4 | 1u << 5 | 1u << 21 | 1u << 23);
    *d &= ~(1u << 4 | 1u << 5 | 1u << 10 | 1u << 19);
  }
}

static void onIllegal(int number, siginfo_t *info, void *context) {
  (void)info;
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  if (memcmp((const void *)registers[REG_RIP], UD2, sizeof UD2) != 0) {
    signal(number, SIG_DFL);
    return;
  }
  uint32_t leaf = (uint32_t)registers[REG_RAX], subleaf = (uint32_t)registers[REG_RCX], a, b, c, d;
  __cpuid_count(leaf, subleaf, a, b, c, d);
  hide(leaf, subleaf, &a, &b, &c, &d);
  registers[REG_RAX] = a;
  registers[REG_RBX] = b;
  registers[REG_RCX] = c;
  registers[REG_RDX] = d;
  registers[REG_RIP] += sizeof UD2;
}

static void replace(uint8_t *at) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)at & ~(page - 1);
  if (memcmp(at, CPUID, sizeof CPUID) != 0) {
    fprintf(stderr, "plain: another library than was examined\n");
    _exit(70);
  }
  mprotect((void *)start, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC);
  memcpy(at, UD2, sizeof UD2);
  mprotect((void *)start, 2 * page, PROT_READ | PROT_EXEC);
}

unsigned la_version(unsigned version) {
  (void)version;
  return LAV_CURRENT;
}

unsigned la_objopen(struct link_map *map, Lmid_t lmid, uintptr_t *cookie) {
  (void)lmid;
  (void)cookie;
  const char *name = map->l_name, *list = getenv("BGE_JS_PLAIN");
  const size_t length = strlen(name);
  while (list != NULL && *list != '\0') {
    if (length > 0 && strncmp(list, name, length) == 0 && list[length] == ':') {
      const struct sigaction action = {.sa_sigaction = onIllegal, .sa_flags = SA_SIGINFO | SA_NODEFER};
      sigaction(SIGILL, &action, NULL);
      for (list += length; *list == ':' || *list == ',';) replace((uint8_t *)map->l_addr + strtoul(list + 1, (char **)&list, 10));
      return 0;
    }
    list = strchr(list, '\n');
    if (list != NULL) list++;
  }
  return 0;
}
