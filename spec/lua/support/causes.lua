-- causes.lua: makes an author's mistake and gives what the author is told: the error's name, and the first line of its text.
-- The mistake stands in line 12 of a main.lua of its own, and texts name files from its folder on, so that they are the same
-- everywhere. All functions take Lua code (`above @@ code`: what is declared above), but for `command`.
local t = require "tidelock.testing"

local causes = {}

local HEAD = [[
local tl = require "tidelock"
local ui = tl.ui
local Job = tl.state("Job", {
  n = tl.var { type = "integer", default = 0 }, items = {}, map = tl.map {}, text = "", name = tl.var(), _key = "",
})
]]
local LINE = 12

local folder

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
  file:close()
end

local function app_of(before, code, after)
  local top, rest = code:match "^(.-)%s*@@%s*(.*)$"
  local text = HEAD .. (top and top .. "\n" or "")
  local _, lines = text:gsub("\n", "")
  local _, own = before:gsub("\n", "")
  return text .. ("\n"):rep(LINE - 1 - lines - own) .. before .. (rest or code) .. "\n" .. after
end

-- The first line tells; more lines list what is there.
local function shown(text)
  return (tostring(text):gsub(folder:gsub("%p", "%%%0") .. "/", ""):match "^[^\n]*")
end

local function of_value(err)
  if type(err) == "table" then return err.name, shown(err.message) end
  return "Error", shown(err)
end

local function open(text)
  write("main.lua", text)
  return t.open(folder .. "/main.lua", "/")
end

---A folder for one test; `done` removes it.
function causes.begin()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute(("mkdir '%s'"):format(folder)))
end

function causes.done() os.execute(("rm -rf '%s'"):format(folder)) end

---While main.lua loads.
function causes.main(code)
  local ok, err = pcall(open, app_of("", code, ""))
  assert(not ok, "the app loads")
  return of_value(err)
end

---A main.lua that is only this text.
function causes.file(code)
  local ok, err = pcall(open, code)
  assert(not ok, "the app loads")
  return of_value(err)
end

---In a page's function.
function causes.page(code)
  local ok, err = pcall(open, app_of('tl.page("/", { title = "Job" }, function()\n', code, "end)\n"))
  assert(not ok, "the app loads")
  return of_value(err)
end

local PAGE = 'tl.page("/", { title = "Job" }, function() return ui.main { ui.h1 "Job", ui.button { "Go", on_click = Job.go } } end)\n'

local function told(tab)
  local err = assert(tab:errors()[1], "no error was told")
  return err.name, shown(err.message)
end

---In a handler.
function causes.handler(code)
  local tab = open(app_of("function Job:go()\n", code, "end\n" .. PAGE))
  tab:click "Go"
  t.advance(60)
  return told(tab)
end

---In a background task.
function causes.task(code)
  local tab = open(app_of("Job.go = tl.background(function(self)\n", code, "end)\n" .. PAGE))
  tab:click "Go"
  t.advance(60)
  return told(tab)
end

---In the function of a computed var, which a new tab has.
function causes.computed(code)
  return told(open(app_of("Job.sum = tl.computed(function(self)\n", code, "end)\nfunction Job:go() end\n" .. PAGE)))
end

---What a handler leaves in the log.
function causes.log(code)
  local tab = open(app_of("function Job:go()\n", code, "end\n" .. PAGE))
  tab:click "Go"
  t.advance(60)
  return "warning", shown(assert(t.log():match "warn: ([^\n]+)", t.log()))
end

---A page that sends what the host refuses. Code: `tab` is it, and its button's handler takes a second.
function causes.event(code)
  local top, rest = code:match "^(.-) @@ (.*)$"
  local tab = open(app_of("function Job:go()\n", (top or "") .. " @@ tl.sleep(1)", "end\n" .. PAGE))
  code = rest or code
  assert(load(code, "=event", "t", setmetatable({ tab = tab }, { __index = _ENV })))()
  t.settle()
  return told(tab)
end

local FORM = [[
function Job:go() end
tl.page("/", { title = "Job" }, function()
  return ui.main {
    ui.button { "Go", on_click = Job.go }, ui.button { "Go", disabled = true, on_click = Job.go }, ui.button "Idle",
    ui.button { "Off", disabled = true, on_click = Job.go }, ui.button { id = "hidden", hidden = true, "Later", on_click = Job.go },
    ui.input { id = "age", type = "number", on_change = Job.go }, ui.input { id = "seen", readonly = true, on_change = Job.go },
    ui.select { id = "size", on_change = Job.go, ui.option { value = "s", "S" } },
    ui.input { id = "yes", type = "checkbox", on_change = Job.go },
    ui.a { "Out", href = "https://example.org/" },
    ui.form { on_submit = Job.go, ui.input { name = "who", required = true } },
  }
end)
]]

---In a spec. Code: `tab` and `t` are there.
function causes.spec(code)
  local tab = open(app_of("", "", FORM))
  local ok, err = pcall(assert(load(code, "=main_spec.lua", "t", setmetatable({ tab = tab, t = t }, { __index = _ENV }))))
  assert(not ok, "nothing was raised")
  return of_value(err)
end

---On the command line.
function causes.command(arguments)
  local pipe = assert(io.popen(('cd "%s" && "$(readlink /proc/$PPID/exe)" %s 2>&1'):format(folder, arguments)))
  local text = pipe:read "l"
  pipe:close()
  return "tidelock", text
end

return causes
