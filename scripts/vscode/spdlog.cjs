// Stands in for VS Code's compiled log writer (@vscode/spdlog), which an install without scripts and compilers does not
// have: without one, VS Code drops what extensions log. Same exports, writing each line at once.
const { appendFileSync, mkdirSync } = require('node:fs');
const { dirname } = require('node:path');

const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];

class Logger {
  #file;
  #level = 2;
  #plain = false;

  constructor(_type, _name, file) {
    mkdirSync(dirname(file), { recursive: true });
    this.#file = file;
  }

  #write(level, message) {
    if (level < this.#level) return;
    const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
    appendFileSync(this.#file, this.#plain ? message : `${time} [${levels[level]}] ${message}\n`);
  }

  trace = message => this.#write(0, message);
  debug = message => this.#write(1, message);
  info = message => this.#write(2, message);
  warn = message => this.#write(3, message);
  error = message => this.#write(4, message);
  critical = message => this.#write(5, message);
  getLevel = () => this.#level;
  setLevel = level => {
    this.#level = level;
  };
  clearFormatters = () => {
    this.#plain = true;
  };
  setPattern() {}
  flush() {}
  drop() {}
}

exports.version = 1;
exports.Logger = Logger;
exports.setLevel = () => undefined;
exports.setFlushOn = () => undefined;
exports.createRotatingLogger = async (name, file) => new Logger('rotating', name, file);
exports.createAsyncRotatingLogger = exports.createRotatingLogger;
