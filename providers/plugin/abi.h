/* The interface between Kadende and a plugin that is a shared object. Plain C, version 1.
 *
 * A plugin exports one function, kadende_plugin(). The program kadende-plugin-host loads it, in a process of its own,
 * and speaks the protocol for it: methods, parameters and results are those of providers/PROTOCOL.md, as JSON text, so
 * that this interface stays small and old plugins go on working when methods gain members.
 *
 * Nobody frees what the other side allocated: every text is borrowed for the length of the call that passes it, and is
 * UTF-8 that ends with a zero byte. What a plugin prints goes to standard error, which is shown where it fails.
 */
#ifndef KADENDE_PLUGIN_ABI_H
#define KADENDE_PLUGIN_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KADENDE_PLUGIN_ABI 1

/* One call, until kadende_plugin_functions.call returns. Of the host; a plugin only hands it back. */
typedef struct kadende_call kadende_call;

/* What a plugin may use. From any thread. Later versions append members, which `size` tells. */
typedef struct kadende_host {
  uint32_t size; /* of this structure, in bytes */

  /* The answer to a call: one of the two, once. `result`: a JSON object. `code` and `effect`: words of the protocol
   * ("quota", "none"); an `effect` of NULL is the one that the code suggests. */
  void (*answer)(kadende_call* call, const char* result);
  void (*fail)(kadende_call* call, const char* code, const char* effect, const char* message);

  /* Not 0: nobody waits for the answer any longer. */
  int (*cancelled)(const kadende_call* call);

  /* `level`: debug, info, warning or error. `fraction`: 0 to 1, or negative where it is not known. */
  void (*log)(const char* level, const char* message);
  void (*progress)(const kadende_call* call, const char* message, double fraction);
} kadende_host;

/* What a plugin is. The first two members are the same in every version. */
typedef struct kadende_plugin_functions {
  uint32_t abi;  /* KADENDE_PLUGIN_ABI */
  uint32_t size; /* of this structure, in bytes */

  /* The `manifest` of the protocol, as a JSON object. Stays valid. */
  const char* manifest;

  /* Once, before the first call. `directory`: the configuration's folder, also the working directory. Not 0: the plugin
   * cannot work, and has said why on standard error. May be NULL. */
  int (*start)(const kadende_host* host, const char* directory);

  /* One call of the protocol ("list", "create", ...), with its parameters as a JSON object. Answers before it returns.
   * Called from several threads at once, `maxParallel` of the manifest at most (0 or none: 16). */
  void (*call)(kadende_call* call, const char* method, const char* params);

  /* Once, when no call is under way and none will come. May be NULL. */
  void (*stop)(void);
} kadende_plugin_functions;

/* The one symbol. The structure stays valid. */
#define KADENDE_PLUGIN_SYMBOL "kadende_plugin"
__attribute__((visibility("default"))) const kadende_plugin_functions* kadende_plugin(void);

#ifdef __cplusplus
}
#endif

#endif
