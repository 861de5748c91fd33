-- errors_spec.lua: every error that an author can cause: the mistake, the error's name, and the first line of its text, which says
-- what was wrong, where (line 12 of main.lua, where the mistake stands) and what to do. docs/errors.md tells of the very same ones.
local causes = require "spec.lua.support.causes"

before_each(causes.begin)
after_each(causes.done)

local all, current = {}, nil

local function group(title) current = title end

---@param kind string a function of causes.lua: where the mistake is made
---@param name string the error's name; "Error": it is a string
---@param code string the mistake
---@param text string
local function case(kind, name, code, text)
  local mine = { group = current, name = name, text = text }
  all[#all + 1] = mine
  describe(mine.group, function()
    it(("tells of %s: %s"):format(kind, (code:gsub("%s+", " "))), function()
      local got_name, got_text = causes[kind](code)
      assert.equal(text, got_text)
      assert.equal(name, got_name)
    end)
  end)
end

group "Declaring"
case("main", "DeclarationError", 'tl.state("Job", {})',
  'the state "Job" is declared twice; give each its own name (main.lua:12)')
case("main", "DeclarationError", 'tl.state("my job", {})',
  'tl.state("my job", ...): the name of a state is an identifier: letters, digits and _ (main.lua:12)')
case("main", "DeclarationError", 'tl.state("tl", {})',
  'tl.state("tl", ...): the host has a state of that name itself (tl.my_tasks); take another (main.lua:12)')
case("main", "TypeError", "tl.state {}",
  "tl.state(name, fields): the name is a string, not a table (main.lua:12)")
case("main", "TypeError", 'tl.state("Two", "n")',
  'tl.state("Two", fields): the fields are a table, not the string "n" (main.lua:12)')
case("main", "DeclarationError", 'tl.state("Two", { 1 })',
  'tl.state("Two", ...): the field [1] is 1; vars are name = default, and what stands without a name is a mixin (main.lua:12)')
case("main", "TypeError", 'tl.state("Two", {}, { extends = "Job" })',
  'tl.state("Two", ...): extends is a state, as tl.state returns it, not the string "Job" (main.lua:12)')
case("main", "DeclarationError", 'tl.state("Two", { n = 1 }, { extends = Job })',
  "Two.n: Two has from Job a var of this name; both states would have one of it; rename one (main.lua:12)")
case("main", "DeclarationError", 'local Two = tl.state("Two", {}, { extends = Job }) function Two:n() end',
  "Two.n: Two has from Job a var of this name; only functions override functions, and computed vars computed vars; rename one (main.lua:12)")
case("main", "DeclarationError", 'tl.state("Two", { m = 1 }, { extends = Job }) function Job:m() end',
  "Job.m: Two, which extends Job, has a var of this name; only functions override functions, and computed vars computed vars; rename one (main.lua:12)")
case("main", "TypeError", 'tl.state("Two", {}, { mixins = 5 })',
  'tl.state("Two", ...): mixins is a list of mixins, not 5 (main.lua:12)')
case("main", "TypeError", "tl.mixin(5)",
  "tl.mixin(items): the items are a table, not 5 (main.lua:12)")
case("main", "DeclarationError", 'tl.state("Two", { n = 1, tl.mixin { n = 2 } })',
  'tl.state("Two", ...): n is declared by its fields and by the mixin of main.lua:12; rename one (main.lua:12)')
case("main", "DeclarationError", 'local Two = tl.state("Two", { tl.mixin { go = function() end } }) function Two:go() end',
  "Two.go is declared by the mixin of main.lua:12, which Two uses; rename one (main.lua:12)")
case("main", "DeclarationError", 'local M = tl.mixin { n = 0 } tl.state("Two", { M }) function M:go() end',
  "the mixin of main.lua:12: the state Two has copied this mixin already; declare go above it (main.lua:12)")
case("main", "DeclarationError", "local M = tl.mixin { n = 0 } M.m = 5",
  "the mixin of main.lua:12: m: a mixin takes functions, tl.computed(...) and tl.background(...), not 5; vars are declared in tl.mixin (main.lua:12)")
case("main", "DeclarationError", "local M = tl.mixin { n = 0 } function M:n() end",
  "the mixin of main.lua:12: n is declared twice; rename one (main.lua:12)")
case("main", "UndeclaredVarError", "local M = tl.mixin { n = 0 } local _ = M.n",
  "the mixin of main.lua:12: a mixin is no state; read n from a state that uses it (main.lua:12)")
case("main", "UndeclaredVarError", "local M = tl.mixin { n = 0 } local _ = M.m",
  "the mixin of main.lua:12 has no m (so far) (main.lua:12)")
case("main", "DeclarationError", 'require "main"',
  'the modules require each other: main -> main; write require "main" in the function that needs it, or name its state: self:get_state("...") (main.lua:12)')
case("main", "TypeError", "tl.computed(print, { chache = false })",
  'tl.computed: unknown option "chache"; there is backend, cache, interval (main.lua:12)')
case("main", "TypeError", "tl.computed(print, { cache = 0 })",
  "tl.computed: cache is true or false, not 0 (main.lua:12)")
case("main", "TypeError", 'tl.computed(print, { interval = "10s" })',
  'tl.computed: interval is a number of seconds above 0, not the string "10s" (main.lua:12)')
case("main", "TypeError", "tl.computed(print, { interval = 10, cache = false })",
  "tl.computed: interval says how old a kept value may be, and with cache=false none is kept; give one of the two (main.lua:12)")
case("main", "DeclarationError", 'tl.state("Two", { reset = 1 })',
  "Two.reset: this name is reserved (reset, get_token, get_state, with_state, router, setter, tasks) (main.lua:12)")
case("main", "DeclarationError", 'tl.state("Two", { go = function() end })',
  "Two.go: a handler is assigned after tl.state: Two.go = ... (main.lua:12)")
case("main", "DeclarationError", "function Job:n() end",
  "Job.n is declared twice; rename one (main.lua:12)")
case("main", "DeclarationError", "Job.m = 5",
  "Job.m: a class takes functions, tl.computed(...), tl.background(...) and setters, not 5; vars are declared in tl.state (main.lua:12)")
case("main", "DeclarationError", "Job._work = tl.background(function() end)",
  "Job._work: names with _ are methods only, which nothing can start; give the task a public name (main.lua:12)")
case("main", "TypeError", "tl.var { defualt = 1 }",
  'tl.var: unknown option "defualt"; there is default, in_client, max_age, name, path, same_site, secure, sync, type (main.lua:12)')
case("main", "TypeError", 'tl.var { default = "a", in_client = "memory" }',
  'tl.var: in_client is "cookie", "local" or "session", not "memory" (main.lua:12)')
case("main", "TypeError", 'tl.var { default = "a", sync = true }',
  "tl.var: sync is for a var that the browser keeps; give in_client as well (main.lua:12)")
case("main", "TypeError", 'tl.var { default = "a", in_client = "cookie", sync = true }',
  'tl.var: sync is for in_client = "local", not "cookie" (main.lua:12)')
case("main", "TypeError", 'tl.var { default = "a", in_client = "cookie", max_age = "1 day" }',
  'tl.var: max_age is a whole number of seconds, or false: until the browser is closed, not "1 day" (main.lua:12)')
case("main", "TypeError", 'tl.var { default = "a", in_client = "local", name = "tidelock.token" }',
  'tl.var: name: "tidelock.token" is one of the host\'s own; take another (main.lua:12)')
case("main", "TypeError", 'tl.var { default = "a", in_client = "cookie", same_site = "none", secure = false }',
  'tl.var: same_site = "none" is for secure cookies only; leave secure out (main.lua:12)')
case("main", "DeclarationError", 'tl.state("Two", { _a = tl.var { default = "", in_client = "local" } })',
  "Two._a: a backend var never leaves the host, so the browser cannot keep it; take another name (main.lua:12)")
case("main", "DeclarationError", 'local v = tl.var { default = "", in_client = "local", name = "v" } tl.state("Two", { a = v, b = v })',
  'Two.a and Two.b are both kept in the browser as "v"; give one another name (main.lua:12)')
case("main", "TypeError", 'tl.var { type = "int" }',
  "tl.var: type is one of integer, number, string, boolean, list, map, not int (main.lua:12)")
case("main", "VarTypeError", 'tl.state("Two", { n = tl.var { type = "integer", default = "0" } })',
  'Two.n is declared with type="integer" and was given a string (main.lua:12)')
case("main", "SerializationError", 'tl.state("Two", { f = { print } })',
  "Two.f[1]: a function cannot be kept in state; keep a name or its result instead (main.lua:12)")
case("main", "TypeError", "tl.computed(Job.n)",
  "tl.computed(fn): a function is expected, not a Var (main.lua:12)")
case("main", "TypeError", 'tl.background "work"',
  'tl.background(fn): a function is expected, not the string "work" (main.lua:12)')
case("main", "TypeError", [[tl.background(function() end, { policy = "once" })]],
  [[tl.background: policy is "parallel", "drop", "restart" or "queue", not the string "once" (main.lua:12)]])
case("main", "TypeError", [[tl.background(function() end, { key = "name" })]],
  [[tl.background: key is a function(self, ...) that returns what tells tasks apart, not the string "name" (main.lua:12)]])
case("main", "TypeError", [[tl.background(function() end, { timeout = 0 })]],
  [[tl.background: timeout is a number of seconds above 0, not 0 (main.lua:12)]])
case("main", "TypeError", [[tl.background(function() end, { on_disconnect = "stay" })]],
  [[tl.background: on_disconnect is "keep", "cancel" or {grace=seconds}, not the string "stay" (main.lua:12)]])
case("main", "TypeError", [[tl.background(function() end, { on_disconnect = {} })]],
  [[tl.background: the grace of on_disconnect is a number of seconds above 0, not nil (main.lua:12)]])
case("main", "TypeError", [[tl.background(function() end, { on_disconnect = { wait = 1 } })]],
  [[tl.background: on_disconnect: unknown option "wait"; there is grace (main.lua:12)]])
case("main", "TypeError", [[tl.background(function() end, { polcy = "drop" })]],
  [[tl.background: unknown option "polcy"; there is key, on_disconnect, policy, timeout (main.lua:12)]])
case("main", "TypeError", "tl.lifespan(Job.n)",
  "tl.lifespan(fn): a function is expected, not a Var (main.lua:12)")
case("handler", "DeclarationError", "tl.lifespan(print)",
  "tl.lifespan(fn): it is declared while main.lua loads, not later; tl.spawn starts a task at any time (main.lua:12)")
case("main", "UndeclaredVarError", 'Job:setter "m"',
  'Job:setter("m"): there is no such var; declare it in tl.state (main.lua:12)')
case("main", "DeclarationError", 'Job:setter "_key"',
  'Job:setter("_key"): a backend var is not for clients to set; write a handler that checks what comes (main.lua:12)')
case("main", "DeclarationError", 'Job.sum = tl.computed(function() end) Job:setter "sum"',
  'Job:setter("sum"): a computed var is derived from others, and has no setter; set those (main.lua:12)')
case("main", "EventTypeError", "tl.expose(Job.n)",
  "tl.expose: argument 1 is a Var; give event references (Job.add) (main.lua:12)")
case("main", "UndeclaredVarError", "tl.on_error(Job.failed)",
  "Job.failed is not declared (so far); Job has: _key, items, map, n, name, text (main.lua:12)")
case("main", "TypeError", 'tl.on_error("log")',
  "tl.on_error(fn): a function is needed, not string (main.lua:12)")
case("handler", "DeclarationError", 'tl.state("Late", {})',
  "states and their members are declared while main.lua loads, not later; move this to its top level (main.lua:12)")
case("handler", "DeclarationError", "function Job:more() end",
  "states and their members are declared while main.lua loads, not later; move this to its top level (main.lua:12)")

group "State and values"
case("handler", "UndeclaredVarError", "self.m = 1",
  "Job.m is not declared in tl.state (main.lua:12)")
case("handler", "UndeclaredVarError", "return self.itmes",
  "Job.itmes is not declared; did you mean items? (main.lua:12)")
case("handler", "VarTypeError", "self.n = 1.5",
  'Job.n is declared with type="integer" and was given a float; use // or math.tointeger (main.lua:12)')
case("handler", "VarTypeError", 'self.n = "1"',
  'Job.n is declared with type="integer" and was given a string (main.lua:12)')
case("handler", "UndeclaredVarError", "self.go = 1",
  "Job.go is a function of the state, not a var; it cannot be assigned, take another name (main.lua:12)")
case("handler", "SerializationError", "self.items = { print }",
  "Job.items[1]: a function cannot be kept in state; keep a name or its result instead (main.lua:12)")
case("handler", "SerializationError", "self.name = io.stdout",
  "Job.name: a userdata cannot be kept in state; keep plain data that it can be made from (main.lua:12)")
case("handler", "SerializationError", "self.name = coroutine.create(print)",
  "Job.name: a thread cannot be kept in state; keep what it works on instead (main.lua:12)")
case("handler", "SerializationError", "self.name = self",
  "Job.name: a state cannot be kept in a state; assign the value of a var instead (main.lua:12)")
case("handler", "SerializationError", "self.name = Job.n",
  "Job.name: a Var, which pages are built from, cannot be kept; a class has Vars, values are read from self: self.name (main.lua:12)")
case("handler", "SerializationError", "self.name = 0 / 0",
  "Job.name: not a number (0/0) cannot be kept; test with x ~= x before (main.lua:12)")
case("handler", "SerializationError", "self.name = math.huge",
  "Job.name: an infinite number cannot be kept; test for math.huge before (main.lua:12)")
case("handler", "SerializationError", "self.items = { 1, nil, 3 }",
  "Job.items: the list has a hole or a stray position (2, while its length is 3); fill it with tl.null, or use string keys: tostring(id) (main.lua:12)")
case("handler", "SerializationError", "self.name = { 1, a = 2 }",
  'Job.name: the table has the key "a" beside positions; a value is a list (keys 1..n) or a map (string keys) (main.lua:12)')
case("handler", "SerializationError", "self.name = { [true] = 1 }",
  "Job.name: a boolean as key cannot be kept; keys are 1..n or strings (main.lua:12)")
case("handler", "SerializationError", "local a = {} a.a = a self.name = a",
  "Job.name.a: the table contains itself; refer to parts by their id (main.lua:12)")
case("handler", "SerializationError", "local a = {} for _ = 1, 70 do a = { a } end self.name = a",
  "Job.name[1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1"
    .. "][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1]: values nest at most 64 deep; flatten it, or refer to parts by their id (main.lua:12)")
case("handler", "SerializationError", [[self.text = "\xff"]],
  "Job.text: a string that is not valid UTF-8 cannot go to a page; keep bytes in a backend var (_name), or encode them (main.lua:12)")
case("handler", "SerializationError", "self.name = 2^53|0 self.name = self.name + 1",
  "Job.name: an integer beyond 2^53-1 does not reach a browser intact; use a string, or a backend var (_name) (main.lua:12)")
case("handler", "SerializationError", 'self.items[3] = "x"',
  "Job.items[3]: a list of 0 can be written at 1..1; for holes use a map with string keys: tostring(id) (main.lua:12)")
case("handler", "SerializationError", 'self.items = { "a" } self.items.first = "x"',
  'Job.items["first"]: this is a list, it has positions 1..n; string keys need a map (tl.map{}) (main.lua:12)')
case("handler", "SerializationError", 'self.map[5] = "x"',
  "Job.map[5]: a map has string keys; write [tostring(id)] (main.lua:12)")
case("handler", "SerializationError", 'self.items = { "a", "b" } self.items[1] = nil',
  "Job.items[1]: nil would leave a hole; use table.remove(list, 1), or tl.null (main.lua:12)")
case("handler", "SerializationError", "self.items:push(nil)",
  "Job.items: nil cannot be inserted into a list; use tl.null (main.lua:12)")
case("handler", "TypeError", 'self.items.push("x")',
  "a list or map of a state is needed, not string; methods of lists are called with a colon: list:push(x) (main.lua:12)")
case("handler", "TypeError", 'rawset(self.items, 1, "x")',
  "rawset does not work on state; assign: t[key] = value (main.lua:12)")
case("handler", "TypeError", 'tl.append(self, "n", "x")',
  "Job.n is an integer; tl.append adds to strings (main.lua:12)")
case("handler", "TypeError", 'tl.append(self, "name", "x")',
  'Job.name is nil; set it to "" before tl.append adds to it (main.lua:12)')
case("handler", "TypeError", 'tl.append(self, "text", {})',
  "Job.text: tl.append adds a string or a number, not table (main.lua:12)")
case("handler", "JsonError", 'tl.json.decode "{"',
  "the text is no JSON: a key is missing at its end (byte 1) (main.lua:12)")
case("handler", "TypeError", "tl.json.decode(nil)",
  "tl.json.decode(text): a string is needed, not nil (main.lua:12)")
case("handler", "SerializationError", "tl.json.encode(print)",
  "tl.json.encode: value: a function cannot be kept in state; keep a name or its result instead (main.lua:12)")
case("handler", "SerializationError", 'self.text = ("x"):rep(70000000)',
  "Job.text: the tab's state would grow over state_limit (67108864 bytes); keep big data elsewhere, or raise it by tl.config{ state_limit = } "
    .. "(main.lua:12)")
case("handler", "Error", "tl.config { memory_limit = 160 << 20 } @@ return ('x'):rep(1 << 28)",
  "not enough memory")
case("handler", "VarTypeError", 'Job.set_n = Job:setter "n" @@ return Job.set_n("abc")',
  'Job.n: a whole number is expected, and the input is "abc"')
case("computed", "Error", "return self.map.a.b",
  "main.lua:12: attempt to index a nil value (field 'a')")
case("computed", "ComputedCycleError", "return self.sum",
  "Job.sum needs its own value: Job.sum -> Job.sum; let one of them read something else (main.lua:12)")

group "Writing where nothing may be written"
case("task", "ImmutableStateError", "self.n = 1",
  "Job.n: a background task may write its state only inside with_state (tl.with_state(self, function() ... end)); outside it sees the snapshot of the "
    .. "last refresh (main.lua:12)")
case("task", "ImmutableStateError", "self.items:push(1)",
  "Job.items: outside its block a task sees an unchanging snapshot; write inside tl.with_state(self, function() ... end), where the value is read "
    .. "again (main.lua:12)")
case("task", "ImmutableStateError", "local items = self.items tl.with_state(self, function() items:push(1) end)",
  "Job.items: the value was taken at main.lua:12 outside; read it again inside (main.lua:12)")
case("task", "ImmutableStateError", "local items tl.with_state(self, function() items = self.items end) tl.with_state(self, function() items:push(1) end)",
  "Job.items: the value was taken in a block that has ended; read it again inside (main.lua:12)")
case("handler", "ImmutableStateError", "self.router = {}",
  "Job.router is read-only; to move to another page return tl.redirect(path) (main.lua:12)")
case("handler", "TypeError", "return self.router.parms.id",
  'self.router has no "parms"; there are path, params, query, headers, client_ip, token, session_id (main.lua:12)')
case("handler", "ImmutableStateError", 'self.router.path = "/"',
  "self.router.path: the router only tells where the page is; to move it return tl.redirect(path) (main.lua:12)")
case("handler", "ImmutableStateError", 'self.router.query.tab = "2"',
  "Job.router.query.tab: the router only tells where the page is; to move it return tl.redirect(path), to keep it copy it (tl.copy) (main.lua:12)")
case("handler", "ImmutableStateError", "Job.sum = tl.computed(function() return 1 end) @@ self.sum = 2",
  "Job.sum is computed; change what it is computed from (main.lua:12)")
case("computed", "ImmutableStateError", "self.n = 1",
  "Job.n: a computed var only reads; write in a handler, or inside with_state (main.lua:12)")
case("computed", "ImmutableStateError", "return self.router.path",
  "Job.router cannot be read in a computed var, which would not be told when it changes; copy what it needs into a var (main.lua:12)")
case("handler", "ImmutableStateError", "tl.with_state(self, function() end)",
  "with_state in the handler Job.go, which already holds its tab's lock from its first line to its last; write the state directly (main.lua:12)")
case("task", "ImmutableStateError", "tl.with_state(self, function() tl.with_state(self, function() end) end)",
  "with_state inside the block that was entered at main.lua:12; leave that block first (what it may write can be written here) (main.lua:12)")
case("task", "ImmutableStateError", "tl.with_state(self, function() tl.gather(function() self.n = 1 end) end)",
  "Job.n: the lock (held since main.lua:12) is not that of the tasks that were started inside it (by gather, race or a scope); let them return what is "
    .. "to be written, and write it when they have ended (main.lua:12)")
case("handler", "TypeError", 'tl.current_task().name = "x"',
  "a task's fields cannot be written (name); keep what belongs to it in a var or a local (main.lua:12)")

group "Locks and waits"
case("main", "CannotWaitError", "tl.sleep(1)",
  "sleep cannot wait here: main.lua is being loaded; wait in on_load, in a handler or in a task (main.lua:12)")
case("handler", "CannotWaitError", "table.sort({ 2, 1 }, function(a, b) tl.sleep(1) return a < b end)",
  "sleep cannot wait inside sort; wait before or after it (main.lua:12)")
case("handler", "CannotWaitError", '("a"):gsub("a", function() tl.sleep(1) end)',
  "sleep cannot wait inside gsub; wait before or after it (main.lua:12)")
case("computed", "CannotWaitError", "tl.sleep(1)",
  "sleep cannot wait inside the computed var Job.sum; wait before or after it (main.lua:12)")
case("handler", "DeadlockError", "tl.spawn(tl.modify_state, self:get_token(), Job, function() end):await()",
  "this wait can only end after the lock taken at the start of the handler Job.go is given up, because what it waits for stands in that lock's line; "
    .. "wait after the block (main.lua:12)")
case("task", "DeadlockError", "tl.current_task():await()",
  "Job.go awaits itself; await another task (main.lua:12)")
case("task", "DeadlockError", "tl.with_state(self, function() tl.spawn(tl.modify_state, self:get_token(), Job, tostring):await() end)",
  "this wait can only end after the lock taken at main.lua:12 is given up, because what it waits for stands in that lock's line; wait after the block "
    .. "(main.lua:12)")
case("handler", "TypeError", 'tl.sleep "1"',
  "tl.sleep(s): seconds are a number, not string (main.lua:12)")
case("handler", "TypeError", "tl.sleep(-1)",
  "tl.sleep(s): seconds must be from 0 to 1e9, not -1 (main.lua:12)")
case("task", "TypeError", "tl.with_state(Job, function() end)",
  "tl.with_state(self, fn, ...): the first argument is the class Job; a state instance (self) is needed, which handlers and tasks are given "
    .. "(main.lua:12)")
case("task", "TypeError", "tl.with_state(self)",
  "tl.with_state(self, fn, ...): a function is needed, not nothing (main.lua:12)")
case("task", "TypeError", "tl.with_state(function() end)",
  "tl.with_state(self, fn, ...): the first argument must be a state instance (self), not function (main.lua:12)")
case("task", "TypeError", "tl.modify_state(5, Job, function() end)",
  "tl.modify_state(token, State, fn, ...): the token is a string (self:get_token()), not number (main.lua:12)")
case("task", "TypeError", 'tl.modify_state(self:get_token(), "Jobb", function() end)',
  "tl.modify_state(token, State, fn, ...): the second argument must be a state class, not string (main.lua:12)")
case("task", "UnknownTokenError", 'tl.modify_state("gone", Job, function() end)',
  'modify_state: no tab has the token "gone"; it has ended, or never was (main.lua:12)')
case("task", "TypeError", "tl.gather(function() end, 5)",
  "tl.gather(f1, f2, ...): argument 2 must be a function, not number (main.lua:12)")
case("task", "TypeError", "tl.timeout(1)",
  "tl.timeout(s, fn, ...): a function is needed, not nothing (main.lua:12)")
case("task", "TimeoutError", "tl.timeout(1, tl.sleep, 2)",
  "not done within 1 s (main.lua:12)")
case("task", "TypeError", 'tl.defer "x"',
  "tl.defer(fn): a function is needed, not string (main.lua:12)")
case("log", "warning", "Job.work = tl.background(function(self) tl.lock(self) end) @@ return Job.work",
  "Job.work ended inside the block that was entered at main.lua:6, which is rolled back; write local _ <close> = tl.lock(self)")
case("task", "TypeError", "tl.race()",
  "tl.race(f1, f2, ...): a function is needed, not nothing (main.lua:12)")
case("task", "TypeError", "tl.race(function() end, 5)",
  "tl.race(f1, f2, ...): argument 2 must be a function, not number (main.lua:12)")
case("task", "TypeError", 'local scope <close> = tl.scope() scope:spawn "x"',
  "scope:spawn(fn, ...): a function is needed, not string (main.lua:12)")
case("task", "TypeError", "local scope <close> = tl.scope() scope.wait()",
  "scope:wait(): a scope is needed (with a colon), not nothing (main.lua:12)")
case("task", "TypeError", "local scope <close> = tl.scope() scope:cancel(5)",
  "scope:cancel(reason): the reason is a string, not number (main.lua:12)")
case("task", "TypeError", "local scope <close> = tl.scope() scope:spawn(function() scope:wait() end)",
  "scope:wait(): only the task that made the scope waits for it; await a task (main.lua:12)")
case("task", "ClosedError", "local scope do local s <close> = tl.scope() scope = s end scope:spawn(print)",
  "scope:spawn: the block of this scope was left; spawn inside it (main.lua:12)")
case("log", "warning", "Job.work = tl.background(function() tl.scope():spawn(tl.sleep, 9) end) @@ return Job.work",
  "Job.work ended with tasks in a scope, which are cancelled; write local scope <close> = tl.scope()")
case("task", "TypeError", 'tl.semaphore "2"',
  "tl.semaphore(n): the number of places is an integer, not string (main.lua:12)")
case("task", "TypeError", "tl.semaphore(0)",
  "tl.semaphore(n): there is at least one place, not 0 (main.lua:12)")
case("task", "TypeError", "tl.semaphore(1).enter()",
  "semaphore:enter(): a semaphore is needed (with a colon), not nothing (main.lua:12)")
case("task", "Error", "tl.semaphore(2):release()",
  "semaphore:release(): all its places (2) are free; release once for each acquire (main.lua:12)")
case("task", "DeadlockError", "local one = tl.semaphore(1) local _ <close> = one:enter() one:acquire()",
  "this wait can never end, because what it waits for waits for this task (main.lua:12)")
case("task", "TypeError", 'tl.channel "2"',
  "tl.channel(capacity): the capacity is an integer, not string (main.lua:12)")
case("task", "TypeError", "tl.channel(-1)",
  "tl.channel(capacity): the capacity is at least 0, not -1 (main.lua:12)")
case("task", "TypeError", "tl.channel():send(nil)",
  "channel:send(value): nil cannot be sent, as it is what a closed channel gives; send tl.null or a table (main.lua:12)")
case("task", "TypeError", "tl.channel().each()",
  "channel:each(): a channel is needed (with a colon), not nothing (main.lua:12)")
case("task", "ClosedError", "local channel = tl.channel() channel:close() channel:send(1)",
  "channel:send(value): the channel is closed (main.lua:12)")
case("task", "TypeError", "tl.event().set(true)",
  "event:set(value): an event of tl.event() is needed (with a colon), not boolean (main.lua:12)")
case("task", "TypeError", 'tl.event():wait "1"',
  "event:wait(s): seconds are a number, not string (main.lua:12)")
case("task", "TypeError", "tl.every(0, print)",
  "tl.every(s, fn): seconds are a number above 0, up to 1e9, not 0 (main.lua:12)")
case("task", "TypeError", "tl.every(1)",
  "tl.every(s, fn): a function is needed, not nil (main.lua:12)")
case("task", "TypeError", 'tl.retry("3", print)',
  'tl.retry(options, fn, ...): the options are a table, or the number of times, not the string "3" (main.lua:12)')
case("task", "TypeError", "tl.retry({ time = 3 }, print)",
  "tl.retry(options, fn, ...): there is no option time; there are times, delay, factor, max, jitter, when (main.lua:12)")
case("task", "TypeError", "tl.retry({ times = 0 }, print)",
  "tl.retry(options, fn, ...): times is an integer from 1, not 0 (main.lua:12)")
case("task", "TypeError", "tl.retry(3)",
  "tl.retry(options, fn, ...): a function is needed, not nil (main.lua:12)")

group "Tasks"
case("handler", "BackgroundCallError", "Job.work = tl.background(function() end) @@ self:work()",
  "Job.work is a background task, which is not called; start it by return Job.work or coroutine.yield(Job.work) (main.lua:12)")
case("handler", "TypeError", 'tl.spawn "x"',
  "tl.spawn(fn, ...): a function is needed, not string (main.lua:12)")
case("handler", "TypeError", "return tl.current_task().stats",
  'a task has no field "stats"; there are id, name, status, started_at, token, key, args, and the methods cancel, await and progress (main.lua:12)')
case("handler", "TypeError", "tl.current_task().cancel()",
  "a task is needed (with a colon: task:cancel()), not nothing (main.lua:12)")
case("handler", "TypeError", "tl.current_task():cancel(5)",
  "task:cancel(reason): the reason is a string, not number (main.lua:12)")
case("handler", "TypeError", 'tl.current_task():progress()',
  'task:progress(x, text): x is a number from 0 to 1, not nothing (main.lua:12)')
case("handler", "TypeError", 'tl.current_task():progress(50)',
  'task:progress(x, text): x is a number from 0 to 1, and 50 is not; divide what is done by what there is to do (main.lua:12)')
case("handler", "TypeError", 'tl.current_task():progress(0 / 0)',
  'task:progress(x, text): x is a number from 0 to 1, not NaN; is there nothing to do? (main.lua:12)')
case("handler", "TypeError", 'tl.current_task():progress(0.5, {})',
  'task:progress(x, text): the text is a string, not table (main.lua:12)')
case("handler", "SerializationError", 'tl.current_task():progress(0.5, "\\xff")',
  'task:progress(x, text): the text is not UTF-8, so no page can show it (main.lua:12)')
case("handler", "DeclarationError", 'return tl.my_tasks',
  'tl.my_tasks is for pages, which are built while main.lua loads, and no page of this app has it; a handler has self:tasks() (main.lua:12)')
case("handler", "TypeError", 'self:get_state "tl"',
  'there is no state "tl" (main.lua:12)')
case("handler", "TypeError", "tl.cancel(self, Job.go, {})",
  "tl.cancel(self, Job.work, key): a key is a string, a number or a boolean, not table (main.lua:12)")
case("handler", "TypeError", "tl.cancel(self)",
  "tl.cancel(self, Job.work): an event reference such as Job.work or Job.work(5) is needed, not nil (main.lua:12)")
case("handler", "TypeError", "tl.cancel(Job.go)",
  "tl.cancel(self, Job.work): a state instance is needed, not table (main.lua:12)")
case("handler", "TypeError", 'self:tasks "work"',
  "self:tasks(Job.work): an event reference such as Job.work or Job.work(5) is needed, not string (main.lua:12)")
case("page", "DeclarationError", "return ui.main { ui.input { value = ui.bind(tl.my_tasks) } }",
  "tl.my_tasks has no setter: the host alone fills it (main.lua:12)")
case("main", "TypeError", 'tl.kit.tasks { cancel = "Stop" }',
  'tl.kit.tasks: cancel is a boolean, not a string (main.lua:12)')
case("main", "TypeError", 'tl.kit.tasks { names = { Go = 1 } }',
  'tl.kit.tasks: names is a table as { ["Job.work"] = "Work" }, and [Go] is a number (main.lua:12)')
case("main", "TypeError", 'tl.kit.tasks { title = "Tasks" }',
  'tl.kit.tasks: unknown option "title"; there is cancel, empty, label, names (main.lua:12)')
case("main", "TypeError", 'tl.kit.task()',
  'tl.kit.task: there is no such name (did you mean tl.kit.tasks?) (main.lua:12)')
case("handler", "TypeError", "tl.with_sate(self, print)",
  "tl.with_sate: there is no such name (did you mean tl.with_state?) (main.lua:12)")
case("handler", "TypeError", 'tl.json.parse "1"',
  "tl.json.parse: there is no such name (main.lua:12)")
case("handler", "Error", "os.exit()",
  "os.exit would end the whole host with all its tabs; use return, error, or stop the host by a signal (main.lua:12)")
case("handler", "Error", "error()",
  "error was called with nil; give it a text or a value (main.lua:12)")
case("task", "CancelledError", 'local t = tl.spawn(tl.sleep, 9) t:cancel "enough" t:await()',
  "a function in C was cancelled: enough (main.lua:12)")
case("task", "CancelledError", "tl.current_task():cancel() while true do pcall(tl.sleep, 1) end",
  "Job.go caught its CancelledError and went on to wait, again and again: it is killed")
case("task", "CancelledError", "tl.current_task():cancel() while true do pcall(function() while true do end end) end",
  "Job.go caught its CancelledError and went on without a wait: it is killed")
case("task", "WorkError", 'tl.work("nothere", "go")',
  "nothere.go: module 'nothere' not found:")
case("task", "WorkError", 'tl.work("string", "nothere")',
  "string.nothere: the module string has no function nothere (it is a nil)")
case("task", "WorkError", 'tl.work("string", "rep")',
  "string.rep: bad argument #1 to 'string.rep' (string expected, got no value)")
case("task", "WorkError", 'tl.config { work_limit = 1 } @@ local function go() tl.work("string", "rep", "x", 1) end tl.gather(go, go)',
  "string.rep: 1 calls run or wait for a thread already; there may be 1 (work_limit of tl.config); ask for fewer at a time (tl.semaphore) (main.lua:12)")
case("task", "Error", "tl.work(5)",
  "main.lua:12: tl.work(module, function, ...): the name of a module, got 5")
case("task", "SerializationError", 'tl.work("string", "format", print)',
  "tl.work.arguments[1]: a function cannot be kept in state; keep a name or its result instead (main.lua:12)")

group "Events"
case("handler", "EventTypeError", "return 5",
  "Job.go returned or yielded number; allowed are nil, an event reference (Job.work), a bound one (Job.add(5)), a client effect (tl.toast(...)) and a "
    .. "flat list of these (in the function at main.lua:11)")
case("handler", "EventTypeError", "return print",
  "Job.go returned or yielded a function; give an event reference such as Job.work (without a call) (in the function at main.lua:11)")
case("handler", "EventTypeError", "return { a = Job.go }",
  'Job.go returned or yielded a table with the key "a"; a list of events and effects has none but 1, 2, ... (in the function at main.lua:11)')
case("handler", "EventTypeError", "coroutine.yield(5)",
  "Job.go returned or yielded number; allowed are nil, an event reference (Job.work), a bound one (Job.add(5)), a client effect (tl.toast(...)) and a "
    .. "flat list of these (main.lua:12)")
case("handler", "EventTypeError", "return Job:go()",
  "Job.go was bound to the class Job; write Job.go(...) with a dot, without the class (in the function at main.lua:11)")
case("handler", "EventTypeError", "return Job.go(self)",
  "Job.go(self, ...): an event is bound without self, which the host gives; self:go(...) calls it here and now (in the function at main.lua:11)")
case("handler", "EventTypeError", "return Job.go(print)",
  "argument 1 of Job.go is a function; arguments are plain values (in the function at main.lua:11)")
case("handler", "EventTypeError", "return Job.go(Job.n)",
  "argument 1 of Job.go is a Var, which only a page can read; give its value, as self has it (in the function at main.lua:11)")
case("handler", "EventTypeError", "return Job.go(1)(2)",
  "Job.go(...) has its arguments already; give all of them in one call (in the function at main.lua:11)")
case("handler", "EventTypeError", "function Job:_help() end @@ return Job._help",
  "Job._help: names with _ are methods, which no event reaches; call self:_help(...) (main.lua:12)")
case("handler", "Error", 'return tl.toast("x", { knid = "info" })',
  "main.lua:11: tl.toast: unknown option knid (did you mean kind?)")
case("handler", "Error", 'return tl.redirect "home"',
  'main.lua:11: tl.redirect: a path of this app begins with /, got "home" (another server: { external = true })')
case("handler", "Error", 'return tl.redirect "javascript:alert(1)"',
  'main.lua:11: tl.redirect: "javascript:alert(1)" would run code')
case("event", "EventError", 'tab.link:submit("event", { handler = "Job.other", args = require "tidelock".list {} })',
  'no page offers the handler "Job.other" (tl.expose would)')
case("event", "EventError", 'tab.link:submit("event", { handler = "Job.go", args = 5 })',
  'the arguments of "Job.go" must be a list')
case("event", "EventError", 'tl.config { queue_limit = 1 } @@ for _ = 1, 3 do tab:click "Go" end',
  'the tab\'s queue is full (queue_limit); "Job.go" was not run')
case("event", "EventError", 'tl.config { task_limit = 1 } Job.work = tl.background(function() tl.sleep(9) end) tl.expose(Job.work) '
    .. '@@ for _ = 1, 2 do tab:send_event("Job.work", {}) end',
  'the tab has as many background tasks as it may have (task_limit); "Job.work" was not run')
case("task", "EventError", "tl.config { task_limit = 2 } @@ return { Job.go, Job.go }",
  "Job.go starts 2 more, and 1 background tasks of this tab run already; it may have 2 (task_limit of tl.config); let one "
    .. "task do the work of many, or start the next one when one has ended (in the function at main.lua:11)")
case("log", "warning", "counter = 1",
  'main.lua:12 assigns the global "counter" in a handler: it is shared by all tabs; make it a local, or a var of a state')
case("handler", "EventError", "tl.config { queue_limit = 2 } @@ local list = {} for i = 1, 3 do list[i] = Job.go end return list",
  "Job.go chains 3 more, and 0 wait in this tab's queue already; it takes 2 (queue_limit of tl.config); chain the next "
    .. "one when one has run (in the function at main.lua:11)")
case("handler", "Error", "return tl.toast()",
  "main.lua:11: tl.toast: a string, got nil")
case("handler", "Error", 'return tl.toast("x", { kind = "warn" })',
  'main.lua:11: tl.toast: kind cannot be the string "warn"')
case("handler", "Error", 'return tl.toast("x", { duration = 0 })',
  "main.lua:11: tl.toast: duration cannot be 0")
case("handler", "Error", 'return tl.toast("x", "error")',
  'main.lua:11: tl.toast: options: a table, got the string "error"')
case("handler", "Error", "return tl.console_log(print)",
  "main.lua:11: tl.console_log: a value, got a function")
case("handler", "Error", "return tl.download {}",
  "main.lua:11: tl.download: give one of text, path and url, got 0 of them")
case("handler", "Error", 'return tl.download { text = "x", type = "csv" }',
  'main.lua:11: tl.download: type cannot be the string "csv"')
case("handler", "Error", 'return tl.download { path = "/x", type = "text/css" }',
  "main.lua:11: tl.download: type goes with text; what is fetched has its own")
case("handler", "Error", 'return tl.download { path = "report.csv" }',
  'main.lua:11: tl.download: a path of this app begins with /, got "report.csv" (another server: url = )')
case("handler", "Error", 'return tl.download { url = "/report.csv" }',
  'main.lua:11: tl.download: url begins with http:// or https://, got "/report.csv" (of this app: path = )')
case("handler", "Error", "return tl.call(5)",
  "main.lua:11: tl.call: the name of a function that the app's script registered, got 5")
case("handler", "Error", 'return tl.call("note", print)',
  "main.lua:11: tl.call: argument 1 of note: a value, got a function")

group "Pages and Vars"
case("page", "Error", 'return ui.main { ui.dvi "x" }',
  'main.lua:12: HTML has no element `dvi` (did you mean ui.div?) (page "/")')
case("page", "Error", 'return ui.script { src = "/a.js" }',
  'main.lua:12: ui.script is refused: code stands in files: tl.head{ script = "/app.js" } (page "/")')
case("page", "Error", 'ui.main "x"',
  [[main.lua:11: the page's function returned nil, not an element (is `return` missing?) (page "/")]])
case("page", "Error", 'return ui.main { ui.button { "Go", on_clik = Job.n } }',
  'main.lua:12: ui.button: unknown trigger on_clik (did you mean on_click?) (page "/")')
case("page", "Error", 'return ui.main { ui.button { "Go", on_click = Job.n } }',
  "main.lua:12: ui.button: on_click: an event (Job.start), a bound one (Job.add(5)), an effect, a list of these or a function(arg), got a Var (page "
    .. '"/")')
case("page", "Error", 'return ui.main { ui.button { "Go", on_click = 5 } }',
  'main.lua:12: ui.button: on_click: an event (Job.start), a bound one (Job.add(5)), an effect, a list of these or a function(arg), got 5 (page "/")')
case("page", "Error", 'return ui.main { ui.button { "Go", onclick = "go()" } }',
  'main.lua:12: ui.button: onclick would hold code; a trigger is written on_click (page "/")')
case("page", "Error", 'return ui.main { ui.a { "Go", href = "javascript:go()" } }',
  'main.lua:12: ui.a: href: an address cannot hold code; use a trigger (on_click = ...) (page "/")')
case("page", "Error", "return ui.main { ui.p { print } }",
  'main.lua:12: ui.p: a function is no child; call it, or give it to an on_* trigger (page "/")')
case("page", "Error", 'return ui.main { ui.br "x" }',
  'main.lua:12: ui.br has no children (page "/")')
case("page", "Error", 'return ui.main(ui.p "x", ui.p "y")',
  'main.lua:11: ui.main takes one table: ui.main{ ... }, got 2 arguments (page "/")')
case("page", "Error", 'return ui.main { { class = "row", ui.p "x" } }',
  'main.lua:11: ui.main: a table with the key "class" is no child (is `ui.<tag>` missing before the braces?) (page "/")')
case("page", "Error", "return ui.main { class = 5 }",
  'main.lua:11: ui.main: class is a string, a list, a map from name to Var, got 5 (page "/")')
case("page", "Error", 'return ui.main { style = "color: red" }',
  'main.lua:11: ui.main: style is a map from property to value (style = { color = "red" }), got the string "color: red" (page "/")')
case("page", "Error", "return ui.main { Job._key }",
  'main.lua:11: Job._key is a backend var, which never leaves the host: a page cannot show or bind it (page "/")')
case("page", "UndeclaredVarError", "return ui.main { Job.m }",
  "Job.m is not declared (so far); Job has: _key, items, map, n, name, text (main.lua:12)")
case("page", "Error", 'return ui.main { ui.cond(Job.n == 0, "none") }',
  'main.lua:12: ui.cond: the test is a plain boolean, decided now, while the page is built; use `:eq`, `:lt`, `~`, `&` on the Var (page "/")')
case("page", "Error", 'if Job.n > 0 then return ui.main "some" end',
  'main.lua:12: `<` on a Var would be decided now, while the page is built; write a:lt(b), or a:gt(b) for > (page "/")')
case("page", "Error", 'for _ in ipairs(Job.items) do end return ui.main "x"',
  'main.lua:12: ipairs or a loop over Job.items, whose length the page cannot know; write ui.foreach(var, fn) (page "/")')
case("page", "Error", "return ui.main { ui.foreach({ 1, 2 }, function(n) return ui.p { n } end) }",
  'main.lua:12: ui.foreach: the first argument is a Var, got a table (a `for` loop does for what is fixed) (page "/")')
case("page", "Error", "return ui.main { ui.p { Job.text:uper() } }",
  'main.lua:12: a Var has no method `uper`; there are at contains default elapsed eq format ge gt join le length lower lt ne trim upper (page "/")')
case("page", "Error", 'return ui.main { ("%s"):format(Job.n) }',
  'main.lua:12: string.format would write now, while the page is built, what Job.n is called; write Job.n:format("...%s...") or join by `..` (page "/")')
case("page", "DeclarationError", 'Job.n = Job.n return ui.main "x"',
  "Job.n: a class takes functions, tl.computed(...), tl.background(...) and setters, not a Var; vars are declared in tl.state (main.lua:12)")
case("page", "Error", "return ui.main { ui.match(Job.n, 5) }",
  'main.lua:12: ui.match: the second argument is a table from value to node, got 5 (page "/")')
case("page", "Error", "return ui.main { ui.input { value = ui.bind(5) } }",
  'main.lua:12: ui.bind: a Var of a state (Job.max), got 5 (page "/")')
case("page", "Error", 'return ui.main { ui.button { "Go", on_click = tl.on(tl.toast "x", { debonce = 1 }) } }',
  'main.lua:12: tl.on: unknown option debonce (did you mean debounce?) (page "/")')
case("main", "Error", 'tl.page("post", function() return ui.main "x" end)',
  'main.lua:12: tl.page: "post": a route begins with / (or is "404")')
case("main", "Error", 'tl.page("/post/[id", function() return ui.main "x" end)',
  'main.lua:12: tl.page: "/post/[id": "[id" is no segment: write [name], [...name] or [[...name]]')
case("main", "Error", 'tl.page("/", function() return ui.main "x" end) tl.page("/", function() return ui.main "x" end)',
  'main.lua:12: tl.page: "/" is declared already at main.lua:12')
case("main", "Error", 'tl.page("/", { titel = "x" }, function() return ui.main "x" end)',
  "main.lua:12: tl.page: unknown option titel (did you mean title?)")
case("main", "Error", 'tl.page("/", ui.main "x")',
  "main.lua:12: tl.page: the last argument is a function that returns the page's element, got an element")
case("main", "Error", 'tl.page("/", { on_load = 5 }, function() return ui.main "x" end)',
  "main.lua:12: tl.page: on_load is an event (Job.load), a bound one or a list of these, got 5")
case("main", "Error", 'tl.head { ui.p "x" }',
  "main.lua:12: tl.head takes ui.meta, ui.link, ui.base, got ui.p at main.lua:12")
case("page", "Error", "return ui.main { ui.p { tostring(Job.n) } }",
  'main.lua:12: tostring would give, while the page is built, what Job.n is called; give the Var itself as a child, or '
    .. 'join by `..` (print shows a Var) (page "/")')
case("page", "Error", 'function Job:go() end @@ return ui.main { ui.button { on_click = tl.call("note", Job.go(Job.n)) } }',
  'main.lua:12: tl.call: an argument of Job.go is a Var; give it to the function, which can return it (page "/")')
case("page", "Error", "return ui.main { ui.button { on_click = tl.on() } }",
  'main.lua:12: tl.on: the first argument is a handler, got nil (page "/")')
case("page", "Error", 'function Job:go() end @@ return ui.main { ui.button { on_click = tl.on(Job.go, { debounce = "1" }) } }',
  'main.lua:12: tl.on: debounce is seconds above 0, got the string "1" (page "/")')
case("page", "Error", "function Job:go() end @@ return ui.main { ui.button { on_click = tl.on(Job.go, { debounce = 1, throttle = 1 }) } }",
  'main.lua:12: tl.on: debounce and throttle exclude each other (page "/")')
case("page", "Error", 'function Job:go() end @@ return ui.main { ui.button { on_click = tl.on(Job.go, { key = "Enter" }) } }',
  'main.lua:12: ui.button: on_click: the option key is for on_key_down, on_key_up and on_key_press; this event has no key (page "/")')

group "Configuration and loading"
case("main", "Error", "tl.config { tab_tll = 600 }",
  "main.lua:12: tl.config: there is no option tab_tll; there are tab_ttl, hello_timeout, shutdown_time, takeover_time, cleanup_time, lock_warn_time, "
    .. "event_rate, event_burst, memory_limit, state_limit, storage_limit, frame_limit, max_tabs, queue_limit, task_limit, work_limit, "
    .. "effect_limit, compress, style, dev")
case("main", "Error", "tl.config { tab_ttl = -1 }",
  "main.lua:12: tl.config: tab_ttl: -1 is out of range; it is from 0 to 1e+09")
case("main", "Error", 'tl.config { tab_ttl = "1h" }',
  "main.lua:12: tl.config: tab_ttl: a number or a boolean is needed, not a string")
case("main", "Error", 'tl.config "dev"',
  "main.lua:12: tl.config takes a table: tl.config{ tab_ttl = 600 }")
case("handler", "Error", "tl.config { dev = true }",
  "main.lua:12: tl.config: options are set while main.lua loads")
case("main", "Error", 'tl.assets "nothere"',
  'main.lua:12: tl.assets: "nothere" is no folder (looked for nothere); the path is relative to main.lua')
case("main", "Error", "tl.assets(5)",
  "main.lua:12: tl.assets: a folder's path, got 5")
case("main", "UndeclaredGlobalError", "return pritn",
  'the global "pritn" was never assigned; is it misspelt (did you mean print?), or a missing local or require? (main.lua:12)')
case("file", "Error", "local tl = require \"tidelock\"\nlocal x = = 1\n",
  "main.lua:2: unexpected symbol near '='")
case("file", "Error", 'require "nothere"',
  "main.lua:1: module 'nothere' not found:")
case("command", "tidelock", "run nothere.lua",
  "tidelock: nothere.lua: no such file, or it cannot be read")
case("command", "tidelock", "run .",
  "tidelock: . is a folder; name the app's file in it, such as main.lua")
case("command", "tidelock", "run main.lua --prot 1",
  "tidelock: unknown option --prot")
case("command", "tidelock", "run main.lua --port 70000",
  'tidelock: --port: a number from 0 to 65535, not "70000"')
case("command", "tidelock", "rnu",
  "tidelock: unknown command rnu")

group "HTTP"
case("handler", "Error", 'error((select(2, tl.http.get "nonsense")), 0)',
  'the url "nonsense" has no scheme; write https://... , or begin with / for a path of this app')
case("handler", "Error", "tl.http.get(nil)",
  "main.lua:12: tl.http: url is missing: tl.http.request{ url = ... }")
case("handler", "Error", 'tl.http.get("/", { timout = 1 })',
  "main.lua:12: tl.http: unknown option timout (did you mean timeout?)")
case("handler", "Error", 'tl.http.get("/", { timeout = "1" })',
  'main.lua:12: tl.http: timeout is seconds above 0, got the string "1"')
case("handler", "Error", 'tl.http.request "https://example.org"',
  "main.lua:12: tl.http.request takes a table: tl.http.request{ url = ... }")
case("handler", "Error", 'tl.http.request { url = "/", body = "x", json = {} }',
  "main.lua:12: tl.http: give one of body, json and form")
case("handler", "Error", [[tl.http.get("/", { headers = { A = "x\r\nB: y" } })]],
  "main.lua:12: tl.http: a header may not contain a line break: A")
case("main", "CannotWaitError", 'tl.http.get "/"',
  "tl.http cannot wait here: main.lua is being loaded; wait in on_load, in a handler or in a task (main.lua:12)")
case("handler", "Error", 'tl.http.get("/", { query = 5 })',
  "main.lua:12: tl.http: query is a map of fields, got 5")
case("handler", "Error", 'tl.http.get("/", { headers = 5 })',
  "main.lua:12: tl.http: headers is a map from names to values, got 5")
case("handler", "Error", 'tl.http.get("/", { max_size = -1 })',
  "main.lua:12: tl.http: max_size is a number of bytes, got -1")
case("handler", "Error", 'tl.http.get("/", { follow = "yes" })',
  'main.lua:12: tl.http: follow is a number of redirects, got the string "yes"')
case("handler", "Error", 'tl.http.get("/", { on_chunk = 5 })',
  "main.lua:12: tl.http: on_chunk is a function, got 5")
case("handler", "Error", 'tl.http.request { url = "/", method = 5 }',
  'main.lua:12: tl.http: method is a string, as "PUT", got 5')
case("handler", "Error", 'tl.http.request { url = "/", form = 5 }',
  "main.lua:12: tl.http: form is a map of fields, got 5")
case("handler", "Error", 'tl.http.request { url = "/", body = 5 }',
  "main.lua:12: tl.http: body is a string, got 5")

group "Testing"
case("spec", "Error", 'tab:click "Start"',
  'nothing on the page is "Start"; its buttons, links and labels are:')
case("spec", "Error", 'tab:click "Go"',
  '2 elements match "Go"; name one by { nth = 1 } or { within = ... }:')
case("spec", "Error", 'tab:click("Off", { inside = "main" })',
  "unknown option inside; there are nth and within")
case("spec", "Error", 'tab:click "Off"',
  "<button>Off is disabled")
case("spec", "Error", 'tab:click "#hidden"',
  '<button id="hidden">Later is hidden')
case("spec", "Error", 'tab:click "Idle"',
  "<button>Idle has no on_click, so nothing would happen")
case("spec", "Error", 'tab:click "Out"',
  "the link leads out of the app: https://example.org/")
case("spec", "Error", 'tab:change("#age", "x")',
  '<input id="age" type="number"> takes no text that is not a number: "x"')
case("spec", "Error", 'tab:change("#seen", "x")',
  '<input id="seen"> is read-only')
case("spec", "Error", 'tab:change("#size", "xl")',
  '<select id="size">S has no option "xl"')
case("spec", "Error", 'tab:change("#yes", "on")',
  '<input id="yes" type="checkbox"> takes true or false')
case("spec", "Error", 'tab:submit("form", {})',
  'the browser does not submit the form: <input name="who"> is required')
case("spec", "Error", 'tab:submit("form", { whom = "x" })',
  'the form has no field named "whom"')
case("spec", "Error", 'tab:state "Jobb"',
  'the tab has no state "Jobb"')
case("spec", "Error", 't.advance "1"',
  'main_spec.lua:1: t.advance: seconds, got the string "1"')
case("spec", "Error", 't.open("other.lua")',
  "main_spec.lua:1: t.open: main.lua runs already; one `it` drives one app")
case("spec", "Error", "t.run_until(5)",
  "main_spec.lua:1: t.run_until: a function is needed, got 5")
case("spec", "Error", "t.run_until(print, { limt = 5 })",
  "main_spec.lua:1: t.run_until: unknown option limt; there is limit")
case("spec", "Error", "t.run_until(function() end)",
  "main_spec.lua:1: t.run_until: nothing is left to happen, and the function gives nil; it has run for 0 s")
case("spec", "Error", "t.restart(5)",
  "main_spec.lua:1: t.restart: what is called meanwhile is a function, got 5")
case("spec", "Error", "t.restart(function() tab:reconnect() end)",
  "the host is down: no page can connect to it")
case("spec", "Error", 't.restart(function() t.open("main.lua") end)',
  "main_spec.lua:1: t.open: the host is down; open it before or after t.restart")
case("spec", "Error", "tab:lose()",
  'main_spec.lua:1: tab:lose: "page" or "host", whose message it is, not nil')
case("spec", "Error", 'tab:double("host", 0)',
  "main_spec.lua:1: tab:double: how many messages is an integer from 1 on, not 0")
case("spec", "DeadlockError", 'require "tidelock".event():wait()',
  "this wait of the spec never ends: no task, timer or request is left that could end it (main_spec.lua:1)")
case("spec", "BlockingError", 'local task = require "tidelock".spawn(function() require "luv".sleep(1) end) pcall(t.settle) task:await()',
  "luv.sleep stops the host and all its tabs, and takes real time, which a spec has none of; tl.sleep lets the others go on (main_spec.lua:1)")
case("spec", "Error", 't.http_stub "https://example.org"',
  'main_spec.lua:1: t.http_stub takes a table: t.http_stub{ url = "https://...", json = {} }, got the string "https://example.org"')
case("spec", "Error", "t.http_stub { json = {} }",
  "main_spec.lua:1: t.http_stub: give one of url and pattern")
case("spec", "Error", 't.http_stub { url = "/api", stauts = 404 }',
  "main_spec.lua:1: t.http_stub: unknown option stauts (did you mean status?)")
case("spec", "Error", 't.http_stub { url = "/api", delay = "1" }',
  'main_spec.lua:1: t.http_stub: delay is seconds, 0 or more, got the string "1"')
case("spec", "Error", 't.http_stub { url = "/api", body = "", json = {} }',
  "main_spec.lua:1: t.http_stub: give one of body, json and chunks")
case("spec", "Error", 't.http_stub { url = "/api", status = 500, error = "connect" }',
  "main_spec.lua:1: t.http_stub: give status or error; an answer that breaks off has none")
case("spec", "Error", 't.http_stub { url = "/api", body = "", { status = 500 } }',
  "main_spec.lua:1: t.http_stub: body stands in one of the answers, as there is a list of them")
case("spec", "Error", 't.http_stub { url = "/api", "text" }',
  'main_spec.lua:1: t.http_stub: answer 1 is a table or a function, got the string "text"')
case("spec", "Error", 't.http_stub { url = "/api", function() end } require "tidelock".http.get "/api"',
  "main_spec.lua:1: t.http_stub: the function returns a table, an answer, not nil")
case("spec", "StubError", 't.http_stub { url = "/api" } require "tidelock".http.get "https://a.test/"',
  'no stub answers GET https://a.test/, and there are stubs, so the network is not asked; declare t.http_stub{ url = "https://a.test/", ... } '
  .. "(there are: any /api) (main_spec.lua:1)")

-- docs/errors.md ---------------------------------------------------------------------------------

-- The rows of its tables with four columns, under their headings.
local function told()
  local out, title = {}, nil
  for line in io.lines "docs/errors.md" do
    title = line:match "^### (.+)" or title
    local name, text, why, remedy = line:match "^| `([%w]+)` | (`+.-`+) | (.-) | (.-) |$"
    if name then
      out[#out + 1] = { group = title, name = name, text = text:match "^`+(.-)`+$":gsub("\\|", "|"), why = why, remedy = remedy }
    end
  end
  return out
end

local function keys_of(list)
  local out = {}
  for _, row in ipairs(list) do out[#out + 1] = ("%s: %s: %s"):format(row.group, row.name, row.text) end
  table.sort(out)
  return out
end

describe("docs/errors.md", function()
  it("tells of these, and of no others", function()
    assert(#all >= 80, #all)
    assert.same(keys_of(all), keys_of(told()))
  end)

  it("says of each why, and what to do", function()
    for _, row in ipairs(told()) do assert(row.why:find "%w" and row.remedy:find "[%w%p]", row.text) end
  end)
end)
