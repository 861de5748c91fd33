rockspec_format = "3.0"
package = "tidelock"
version = "scm-1"
source = { url = "git+file://." }
description = {
  summary = "Live web apps in Lua whose long work runs in the background",
  detailed = [[
A host in C that embeds Lua 5.4: every browser tab has its own state on the host, handlers are coroutines, each change reaches the
page as a small delta, and background tasks run beside them under a lock that the host enforces.]],
  license = "MIT",
}
dependencies = { "lua == 5.4", "busted >= 2.1" }
build = {
  type = "cmake",
  variables = { CMAKE_BUILD_TYPE = "Release", CMAKE_INSTALL_PREFIX = "$(PREFIX)", TL_SPECS = "OFF" },
}
