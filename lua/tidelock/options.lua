--- options.lua: tables of options: what their names may be.
-- May use: native.

local native = require "tidelock.native"

local options = {}

---The keys of a table as texts, in order.
function options.sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  return keys
end

---Refuses options that `name` does not know; gives them, or an empty table for none.
function options.check(name, opts, known)
  if opts == nil then return {} end
  if type(opts) ~= "table" then native.raise("TypeError", ("%s: options are a table, not a %s"):format(name, type(opts))) end
  for _, key in ipairs(options.sorted_keys(opts)) do
    if not known[key] then
      local valid = options.sorted_keys(known)
      native.raise("TypeError", ("%s: unknown option \"%s\"; %s"):format(name, key,
        #valid == 0 and "there are none" or "there is " .. table.concat(valid, ", ")))
    end
  end
  return opts
end

return options
