--- kit.lua: `tl.kit`: ready-made components. Functions that return elements; what they look like is in client/src/kit.css.
-- May use: my_tasks, native, options, ui.

local my_tasks = require "tidelock.my_tasks"
local native = require "tidelock.native"
local options = require "tidelock.options"
local ui = require "tidelock.ui"

local kit = {}

-- Tasks -----------------------------------------------------------------------------------------

local known = { names = "table", label = "string", empty = "string", cancel = "boolean" }

local function checked(opts)
  opts = options.check("tl.kit.tasks", opts, known)
  for _, key in ipairs(options.sorted_keys(opts)) do
    if type(opts[key]) ~= known[key] then
      native.raise("TypeError", ("tl.kit.tasks: %s is a %s, not a %s"):format(key, known[key], type(opts[key])))
    end
  end
  for _, key in ipairs(options.sorted_keys(opts.names or {})) do
    if type(opts.names[key]) ~= "string" then
      native.raise("TypeError", ("tl.kit.tasks: names is a table as { [\"Job.work\"] = \"Work\" }, and [%s] is a %s"):format(key, type(opts.names[key])))
    end
  end
  return opts
end

-- 7 -> "0:07", 3725 -> "1:02:05"
local function clock(seconds)
  local function two(n) return ui.cond(n:lt(10), "0", "") .. n end
  local minutes = seconds // 60
  return ui.cond(seconds:lt(3600), minutes .. ":" .. two(seconds % 60),
    seconds // 3600 .. ":" .. two(minutes % 60) .. ":" .. two(seconds % 60))
end

local function name_of(task, names)
  return names and next(names) and ui.match(task.name, names, task.name) or task.name
end

local function doing(task)
  return ui.cond(task.cancelling, "Stopping", ui.cond(task.queued, "Waiting for its turn", task.text))
end

local function cancel_button(task, name)
  return ui.button { "Cancel", type = "button", aria_label = "Cancel " .. name, disabled = task.cancelling, on_click = my_tasks.class().cancel(task.id) }
end

local function row(task, opts)
  local name = name_of(task, opts.names)
  local key = task.key:default ""
  return ui.li {
    ui.strong { name, ui.cond(key:ne(""), ui.small { " ", key }) },
    ui.time { role = "timer", aria_label = "Time since it was started", clock(task.started:elapsed()) },
    ui.progress { max = 1, value = ui.cond(task.queued, 0, task.progress), aria_label = name, aria_valuetext = ui.cond(task.text, task.text) },
    ui.span { class = "help", doing(task) },
    opts.cancel ~= false and cancel_button(task, name) or nil,
  }
end

---The tab's tasks: of each its name, a bar, its text, how long it has run, and a Cancel.
---@param opts { names: table<string, string>, label: string, empty: string, cancel: boolean }|nil
function kit.tasks(opts)
  opts = checked(opts)
  local list = my_tasks.var()
  return ui.div { class = "tl-tasks",
    ui.cond((#list):gt(0),
      ui.ul { aria_label = opts.label or "Tasks", ui.foreach(list, function(task) return row(task, opts) end, { key = "id" }) },
      ui.p { class = "help", opts.empty or "Nothing is running." }),
  }
end

return kit
