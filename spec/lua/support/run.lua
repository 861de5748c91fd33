-- run.lua: this very host from outside.

---What `tidelock test` prints with these arguments, and "exit CODE".
---@param arguments string
---@return string
return function(arguments)
  local pipe = assert(io.popen(('"$(readlink /proc/$PPID/exe)" test %s 2>&1; echo "exit $?"'):format(arguments)))
  local text = pipe:read "a"
  pipe:close()
  return text
end
