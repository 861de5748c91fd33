--- state.lua: declaring states: tl.state, tl.var, tl.computed, tl.background, event references.
--
-- What an instance (`self`) does is C (host/lua/state.c); here is what a class accepts and gives.
-- May use: native, near, kinds, mixin, options, terms, stored, where, and ui when a Var is asked for.

local kinds = require "tidelock.kinds"
local mixin = require "tidelock.mixin"
local native = require "tidelock.native"
local near = require "tidelock.near"
local options = require "tidelock.options"
local stored = require "tidelock.stored"
local terms = require "tidelock.terms"
local where = require "tidelock.where"

where.register()

local state = {}

-- The name of the host's own state, that of tl.my_tasks.
state.OWN = "tl"

-- Marked values: what an author assigns to a class -----------------------------------------------

local Declared = { __tidelock = "declared var" }
local Computed = { __tidelock = "computed" }
local Background = { __tidelock = "background" }

local sorted_keys, check_options = options.sorted_keys, options.check

local function check_function(name, fn)
  if type(fn) ~= "function" then
    native.raise("TypeError", ("%s(fn): a function is expected, not %s"):format(name, kinds.describe(fn)))
  end
end

local types = { integer = true, number = true, string = true, boolean = true, list = true, map = true }

---Declares a var: without default it starts as nil.
---@param opts { default: any, type: string }|nil and what stored.lua knows
function state.var(opts)
  opts = check_options("tl.var", opts, stored.options { default = true, type = true })
  if opts.type ~= nil and not types[opts.type] then
    native.raise("TypeError", ("tl.var: type is one of integer, number, string, boolean, list, map, not %s"):format(tostring(opts.type)))
  end
  return setmetatable({ default = opts.default, type = opts.type, stored = stored.check(opts) }, Declared)
end

local function check_boolean(name, opts, key)
  local v = opts[key]
  if v ~= nil and type(v) ~= "boolean" then
    native.raise("TypeError", ("%s: %s is true or false, not %s"):format(name, key, kinds.describe(v)))
  end
end

local function check_interval(opts)
  local s = opts.interval
  if s ~= nil and not (type(s) == "number" and s > 0 and s < math.huge) then
    native.raise("TypeError", ("tl.computed: interval is a number of seconds above 0, not %s"):format(kinds.describe(s)))
  elseif s and opts.cache == false then
    native.raise("TypeError", "tl.computed: interval says how old a kept value may be, and with cache=false none is kept; give one of the two")
  end
end

---A var that is derived from others. `backend`: it never leaves the host. `interval`: the seconds after which a value is too old;
---`cache=false`: none is kept, each look makes it anew.
---@param fn fun(self): any
---@param opts { backend: boolean, interval: number, cache: boolean }|nil
function state.computed(fn, opts)
  check_function("tl.computed", fn)
  opts = check_options("tl.computed", opts, { backend = true, interval = true, cache = true })
  check_boolean("tl.computed", opts, "backend")
  check_boolean("tl.computed", opts, "cache")
  check_interval(opts)
  return setmetatable({ fn = fn, backend = opts.backend or false, uncached = opts.cache == false, interval = opts.interval }, Computed)
end

---A handler that runs beside others and enters the lock by tl.with_state.
---@param fn fun(self, ...): any
---@param opts { policy: string, key: (fun(self, ...): any), timeout: number, on_disconnect: string|table }|nil
function state.background(fn, opts)
  check_function("tl.background", fn)
  opts = check_options("tl.background", opts, { policy = true, key = true, timeout = true, on_disconnect = true })
  return setmetatable({ fn = fn, terms = next(opts) and terms.check(opts) or nil }, Background)
end

-- Event references ------------------------------------------------------------------------------

local Event = { __tidelock = "event", __name = "event" }

function Event.__newindex(_, key)
  native.raise("EventTypeError", ("an event reference has no field \"%s\" to assign"):format(tostring(key)))
end

function Event.__tostring(ref)
  return ref.args and ref.handler .. "(...)" or ref.handler
end

local function new_event(handler, args)
  return setmetatable({ handler = handler, args = args }, Event)
end

local function refuse_first(ref, arg)
  local class, name = native.class_name(arg), ref.handler
  if class then
    native.raise("EventTypeError", ("%s was bound to the class %s; write %s(...) with a dot, without the class"):format(name, class, name))
  elseif native.is_state(arg) then
    local method = name:match "%.(.*)$"
    native.raise("EventTypeError",
      ("%s(self, ...): an event is bound without self, which the host gives; self:%s(...) calls it here and now"):format(name, method))
  end
end

local refused = { ["function"] = true, thread = true }

local function check_argument(ref, i, arg)
  local kind = kinds.of(arg)
  if kind == "var" and native.frozen() and native.in_task() then
    native.raise("EventTypeError", ("argument %d of %s is a Var, which only a page can read; give its value, as self has it"):format(i, ref.handler))
  end
  if refused[type(arg)] or native.class_name(arg) or native.is_state(arg) or (kind and kind ~= "var") then
    native.raise("EventTypeError", ("argument %d of %s is %s; arguments are plain values"):format(i, ref.handler, kinds.describe(arg)))
  end
end

---`Job.add(5)`: the same event with its arguments.
function Event.__call(ref, ...)
  if ref.args then native.raise("EventTypeError", ("%s has its arguments already; give all of them in one call"):format(tostring(ref))) end
  local args = table.pack(...)
  refuse_first(ref, args[1])
  for i = 1, args.n do check_argument(ref, i, args[i]) end
  return new_event(ref.handler, args)
end

-- Setters ---------------------------------------------------------------------------------------

local convert = {}
local EXACT <const> = (1 << 53) - 1 -- a browser keeps no integer beyond

function convert.number(v)
  if type(v) == "string" then v = tonumber(v:match "^%s*(.-)%s*$") or v end
  return type(v) == "number" and v == v and v > -math.huge and v < math.huge and v or nil, "a number"
end

function convert.integer(v)
  local n = convert.number(v)
  n = n and math.tointeger(n)
  return n and n >= -EXACT and n <= EXACT and n or nil, "a whole number"
end

function convert.string(v)
  if type(v) == "number" then v = tostring(v) end
  return type(v) == "string" and v or nil, "text"
end

local booleans = { ["true"] = true, ["false"] = false, on = true }

function convert.boolean(v)
  if type(v) == "string" then v = booleans[v] end
  if type(v) ~= "boolean" then v = nil end
  return v, "true or false"
end

local function describe_input(v)
  if type(v) == "string" then return ("\"%s\""):format(#v > 40 and v:sub(1, 40) .. "..." or v) end
  return v == nil and "nothing" or kinds.describe(v)
end

---What a setter assigns for the input `v`. Raises VarTypeError.
local function converted(class_name, name, of_type, nil_allowed, v)
  local to = convert[of_type]
  if not to then return v end
  if to ~= convert.string and type(v) == "string" and not v:find "%S" then v = nil end
  if v == nil and nil_allowed then return nil end
  local value, expected = to(v)
  if value == nil then
    local input = describe_input(v)
    native.raise("VarTypeError", ("%s.%s: %s is expected, and the input is %s"):format(class_name, name, expected, input),
      ("This needs %s, and there is %s."):format(expected, input))
  end
  return value
end

-- The type of a var, and whether it may be nil.
local function type_of(class, name)
  local of_type, nil_allowed = native.var_type(class, name)
  return of_type, nil_allowed ~= false
end

local function setter_function(class, name)
  local class_name, of_type, nil_allowed = native.class_name(class), type_of(class, name)
  return function(self, v) self[name] = converted(class_name, name, of_type, nil_allowed, v) end
end

-- The app's classes by name.
local function classes()
  local app = native.app_table()
  app.classes = app.classes or {}
  return app.classes
end

-- Setters that were made by Job:setter("max") and have not been declared so far: by their name. A page that uses one inline declares it.
local function pending()
  local app = native.app_table()
  app.setters = app.setters or {}
  return app.setters
end

local function make_setter(class, name)
  if native.class_name(class) == state.OWN then
    native.raise("DeclarationError", ("tl.%s has no setter: the host alone fills it"):format(tostring(name)))
  elseif type(name) == "string" and native.class_member(class, name) == "computed" then
    native.raise("DeclarationError", ("%s:setter(\"%s\"): a computed var is derived from others, and has no setter; set those"):format(
      native.class_name(class), name))
  elseif type(name) ~= "string" or native.class_member(class, name) ~= "var" then
    native.raise("UndeclaredVarError", ("%s:setter(%s): there is no such var; declare it in tl.state"):format(native.class_name(class), describe_input(name)))
  elseif name:sub(1, 1) == "_" then
    native.raise("DeclarationError", ("%s:setter(\"%s\"): a backend var is not for clients to set; write a handler that checks what comes"):format(
      native.class_name(class), name))
  end
  class = native.class_owner(class, name)
  local ref = new_event(("%s.set_%s"):format(native.class_name(class), name))
  rawset(ref, "setter", { class = class, var = name })
  if not native.frozen() then pending()[ref.handler] = ref end
  return ref
end

-- Which names of handlers are setters, and of which var.
local function setters()
  local app = native.app_table()
  app.declared_setters = app.declared_setters or {}
  return app.declared_setters
end

local function declare_setter(class, key, ref)
  native.class_function(class, key, setter_function(ref.setter.class, ref.setter.var), false)
  setters()[native.class_name(class) .. "." .. key] = ref.setter
end

local offer = native.offer

---Offers a handler to clients. A setter that a page uses inline is declared by that.
---@return boolean whether there is such a handler
function native.offer(name)
  if offer(name) then return true end
  local ref = pending()[name]
  if not ref then return false end
  declare_setter(ref.setter.class, "set_" .. ref.setter.var, ref)
  return offer(name)
end

local function same_setter(a, b)
  return a and a.class == b.class and a.var == b.var
end

---The setter of a var, for ui.bind: an event reference. Raises when there can be none, or when its name is another handler's.
---@param state_name string
---@param name string
---@return table ref
---@return string|nil type the var's
---@return boolean nil_allowed
function state.setter_of(state_name, name)
  local class = classes()[state_name]
  local ref = make_setter(class, name)
  local key = "set_" .. name
  if native.class_member(class, key) and not same_setter(setters()[ref.handler], ref.setter) then
    native.raise("DeclarationError", ("ui.bind(%s.%s): %s is a handler of the app's own, not the var's setter; write value = %s.%s, on_input = %s"):format(
      state_name, name, ref.handler, state_name, name, ref.handler))
  end
  return ref, type_of(class, name)
end

---What a setter assigns for an input. Raises VarTypeError.
---@param ref table as `state.setter_of` gives it
function state.converted(ref, v)
  local class, name = ref.setter.class, ref.setter.var
  local of_type, nil_allowed = type_of(class, name)
  return converted(native.class_name(class), name, of_type, nil_allowed, v)
end

---tl.expose(Job.add, ...): clients may send these although no page offers them.
function state.expose(...)
  for i = 1, select("#", ...) do
    local ref = select(i, ...)
    if kinds.of(ref) ~= "event" or not native.offer(ref.handler) then
      native.raise("EventTypeError", ("tl.expose: argument %d is %s; give event references (Job.add)"):format(i, kinds.describe(ref)))
    end
  end
end

-- Classes ---------------------------------------------------------------------------------------

-- Event references of a class: Job.add is the same value each time. Keyed by class, which is the app's as long as that lives.
local references = setmetatable({}, { __mode = "k" })

local function reference(class, name)
  class = native.class_owner(class, name)
  local known = references[class]
  if not known then
    known = {}
    references[class] = known
  end
  known[name] = known[name] or new_event(native.class_name(class) .. "." .. name)
  return known[name]
end

-- What every instance has besides its vars and handlers.
local instance_methods = { reset = true, get_token = true, get_state = true, with_state = true, tasks = true }

local function raise_unknown(class, key)
  if instance_methods[key] then
    native.raise("EventTypeError", ("%s.%s: %s is a method of each instance, no event; call self:%s(...) in a handler of your own"):format(
      native.class_name(class), key, key, key))
  end
  local names, known, name = native.class_names(class), {}, native.class_name(class)
  for _, member in ipairs(names) do known[member] = true end
  table.sort(names)
  local found = near.name(tostring(key), known)
  native.raise("UndeclaredVarError", ("%s.%s is not declared (so far); %s%s has: %s"):format(name, tostring(key),
    found and ("did you mean %s.%s? "):format(name, found) or "", name, #names > 0 and table.concat(names, ", ") or "nothing"))
end

local read = {}

function read.var(class, key) return require("tidelock.ui").var(native.class_name(native.class_owner(class, key)), key) end
read.computed = read.var
read.handler, read.background = reference, reference

function read.method(class, key)
  native.raise("EventTypeError",
    ("%s.%s: names with _ are methods, which no event reaches; call self:%s(...)"):format(native.class_name(class), key, key))
end

local function read_member(class, key)
  if key == "setter" then return make_setter end
  local reader = read[native.class_member(class, key)]
  if reader then return reader(class, key) end
  raise_unknown(class, key)
end

-- What a class has from mixins: by its name and the member's.
local function mixed()
  local app = native.app_table()
  app.mixed = app.mixed or {}
  return app.mixed
end

local function check_mixed(class, key)
  local name = native.class_name(class)
  local from = (mixed()[name] or {})[key]
  if from then
    native.raise("DeclarationError", ("%s.%s is declared by %s, which %s uses; rename one"):format(name, key, mixin.describe(from), name))
  end
end

local function add_member(class, key, value)
  local kind = kinds.of(value)
  if type(value) == "function" then
    native.class_function(class, key, value, false)
  elseif kind == "computed" then
    native.class_computed(class, key, value.fn, value.backend, value.uncached, value.interval)
  elseif kind == "background" then
    native.class_function(class, key, value.fn, true)
    local given = value.terms
    if given then
      native.handler_terms(("%s.%s"):format(native.class_name(class), key), given.policy, given.key, given.timeout, given.grace, given.keep)
    end
  elseif kind == "event" and rawget(value, "setter") then
    declare_setter(class, key, value)
  else
    native.raise("DeclarationError",
      ("%s.%s: a class takes functions, tl.computed(...), tl.background(...) and setters, not %s; vars are declared in tl.state"):format(
        native.class_name(class), tostring(key), kinds.describe(value)))
  end
end

local function assign_member(class, key, value)
  check_mixed(class, key)
  add_member(class, key, value)
end

native.class_hooks(read_member, assign_member)

-- Both are looked up when they are called: they are of other modules.
local function with_state(self, ...) return native.with_state(self, ...) end
local function tasks(self, ...) return native.tab_tasks(self, ...) end

local function declare_var(class, name, value)
  if kinds.of(value) == "declared var" then
    native.class_var(class, name, value.default, value.type)
    if value.stored then stored.declare(class, name, value.stored) end
  elseif kinds.of(value) == "computed" or kinds.of(value) == "background" or type(value) == "function" then
    native.raise("DeclarationError", ("%s.%s: %s is assigned after tl.state: %s.%s = ..."):format(
      native.class_name(class), name, type(value) == "function" and "a handler" or "tl." .. kinds.of(value), native.class_name(class), name))
  else
    native.class_var(class, name, value)
  end
end

local function is_member(value)
  local kind = kinds.of(value)
  return type(value) == "function" or kind == "computed" or kind == "background"
end

-- Vars first: what a handler or a computed var would hide is told of the latter.
local function declare_items(class, items)
  local from, members = {}, {}
  mixed()[native.class_name(class)] = from
  for _, key in ipairs(sorted_keys(items)) do
    local item = items[key]
    if item.from and is_member(item.value) then
      members[#members + 1] = key
    else
      declare_var(class, key, item.value)
    end
    from[key] = item.from
  end
  for _, key in ipairs(members) do add_member(class, key, items[key].value) end
end

local function check_base(name, base)
  if base ~= nil and not native.class_name(base) then
    native.raise("TypeError", ("tl.state(\"%s\", ...): extends is a state, as tl.state returns it, not %s"):format(name, kinds.describe(base)))
  end
end

local function check_list(name, mixins)
  if mixins ~= nil and (type(mixins) ~= "table" or kinds.of(mixins)) then
    native.raise("TypeError", ("tl.state(\"%s\", ...): mixins is a list of mixins, not %s"):format(name, kinds.describe(mixins)))
  end
end

---Declares a state, of which every tab has one instance.
---@param name string
---@param fields table<string|integer, any>|nil vars and their defaults; mixins without a name
---@param opts { extends: userdata, mixins: table[] }|nil
---@return userdata class
function state.state(name, fields, opts)
  if name == state.OWN then
    native.raise("DeclarationError", ("tl.state(\"%s\", ...): the host has a state of that name itself (tl.my_tasks); take another"):format(name))
  end
  return state.declare(name, fields, opts)
end

---The same for any name.
function state.declare(name, fields, opts)
  if type(name) ~= "string" then native.raise("TypeError", "tl.state(name, fields): the name is a string, not " .. kinds.describe(name)) end
  if fields ~= nil and type(fields) ~= "table" then
    native.raise("TypeError", ("tl.state(\"%s\", fields): the fields are a table, not %s"):format(name, kinds.describe(fields)))
  end
  opts = check_options("tl.state", opts, { extends = true, mixins = true })
  check_base(name, opts.extends)
  check_list(name, opts.mixins)
  local items = mixin.collect(("tl.state(\"%s\", ...)"):format(name), fields or {}, opts.mixins)
  local class = native.class_new(name, opts.extends)
  classes()[name] = class
  native.class_builtin(class, "with_state", with_state)
  native.class_builtin(class, "tasks", tasks)
  declare_items(class, items)
  mixin.used(name, items)
  return class
end

-- Values ----------------------------------------------------------------------------------------

state.mixin = mixin.new
state.kind, state.copy = native.kind, native.copy
state.list, state.map, state.null = native.list, native.map, native.null
state.json = native.json

return state
