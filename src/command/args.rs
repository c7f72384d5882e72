//! The words of an `xe` line, as the client takes its switches out and as the server then reads keys and values
//! (newcli.ml; cli_frontend.ml, parse_params_2). Knows no command.

use super::Output;
use crate::world::errors::ApiError;

/// What the server gets: the command's name, and its keys with their values in the order typed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Args {
    /// The command's name.
    pub command: String,
    /// Keys and values. A bare word is a key with an empty value, `--word` one with the value `true`.
    pub pairs: Vec<(String, String)>,
    /// `--minimal`.
    pub minimal: bool,
    /// Standard input; `None` is closed.
    pub stdin: Option<String>,
}

/// Keys that never filter (cli_operations.ml, stdparams).
pub const STANDARD_KEYS: &[&str] = &["server", "password", "port", "username", "minimal", "force", "multiple", "all", "message-priority"];

/// The second line of every error of grammar.
pub const USAGE_HINT: &str = "For usage run: 'xe help'";

impl Args {
    /// The first value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }
    /// A value that the grammar has made sure of.
    pub fn required(&self, key: &str) -> &str {
        self.get(key).unwrap_or_default()
    }
    /// Whether a key is there, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
    /// A boolean, false where it is absent.
    ///
    /// # Errors
    /// The text of release 6.0 for anything but `true t 1 false f 0`.
    pub fn flag(&self, key: &str) -> Result<bool, String> {
        match self.get(key).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "f" | "0") => Ok(false),
            Some("true" | "t" | "1") => Ok(true),
            Some(_) => Err(format!("Failed to parse parameter '{key}': expecting 'true' or 'false'")),
        }
    }
}

/// What the client makes of a line: global switches taken out, the rest for the server.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Client {
    /// The host to contact, where one is named.
    pub server: Option<String>,
    /// The user's name, where one is given.
    pub user: Option<String>,
    /// Whether a password was given.
    pub password: bool,
    /// The words for the server.
    pub rest: Vec<String>,
}

/// An output of text that ends with this status.
pub fn says(text: impl Into<String>, exit: i32) -> Output {
    let mut text = text.into();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Output { text, exit, error: None }
}

/// The question behind some warnings, answered from standard input (cli_operations.ml, user_says_yes): what was printed, if
/// the answer is yes.
///
/// # Errors
/// The output with which anything but yes ends the command.
pub fn confirm(stdin: Option<&str>, warnings: &str) -> Result<String, Output> {
    let asked = format!("{warnings}Type 'yes' to continue\n");
    let typed = stdin.filter(|text| !text.is_empty()).map(|text| text.split('\n').next().unwrap_or_default());
    match typed {
        None => Err(Output { text: format!("{asked}Lost connection to the server.\n"), exit: 1, error: None }),
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(asked),
        Some(answer) => Err(Output { text: format!("{asked}Aborted (you typed: '{answer}')\n"), exit: 0, error: None }),
    }
}

/// The client's usage, era layout.
pub const USAGE: &str = "Usage: xe <cmd> [-s server] [-p port] ([-u username] [-pw password] or [-pwf <password file>]) <other arguments>\n\nA full list of commands can be obtained by running \n\txe help -s <server> -p <port>\n";

/// The client's part: takes out its switches wherever they stand.
///
/// # Errors
/// The output with which the client ends without asking anybody.
pub fn client(words: &[String]) -> Result<Client, Output> {
    if words.is_empty() {
        return Err(says(USAGE, 0));
    }
    let mut client = Client::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (word.as_str(), None),
        };
        match (key, value) {
            ("--help" | "-help", None) => return Err(says(USAGE, 0)),
            ("-version", None) => return Err(says("ThinCLI protocol: 0.1", 0)),
            ("--nossl" | "--debug" | "--debug-on-fail", None) | ("nossl" | "debug" | "debugonfail", Some(_)) => {}
            ("server", Some(value)) => client.server = Some(value.to_string()),
            ("username", Some(value)) => client.user = Some(value.to_string()),
            ("password", Some(_)) => client.password = true,
            ("port", Some(value)) => port(value)?,
            ("passwordfile", Some(value)) => return Err(no_password_file(value)),
            ("-s" | "-h" | "-p" | "-u" | "-pw" | "-pwf", None) => match words.next() {
                // A switch at the very end stays, and meets the keys that the client appends.
                None => client.rest.push(word.clone()),
                Some(value) => match key {
                    "-p" => port(value)?,
                    "-u" => client.user = Some(value.clone()),
                    "-pw" => client.password = true,
                    "-pwf" => return Err(no_password_file(value)),
                    _ => client.server = Some(value.clone()),
                },
            },
            _ => client.rest.push(word.clone()),
        }
    }
    // Arguments travel joined by newlines: one that holds a newline arrives as two.
    client.rest = client.rest.iter().flat_map(|word| word.split('\n')).map(str::to_string).collect();
    Ok(client)
}

fn port(value: &str) -> Result<(), Output> {
    value.parse::<u16>().map(|_| ()).map_err(|_| says(format!("Port number must be an integer (0-65535)\n{USAGE}"), 0))
}

fn no_password_file(file: &str) -> Output {
    says(format!("Error opening password file '{file}'"), 1)
}

fn syntax(detail: &str) -> Output {
    says(format!("Syntax error: {detail}\n{USAGE_HINT}"), 1)
}

/// The server's part: the words as a command with keys and values.
///
/// # Errors
/// The output for what is no command line.
pub fn server(rest: &[String], stdin: Option<String>) -> Result<Args, Output> {
    // The client appends `username=…` and `password=…`; as keys they mean nothing to any command.
    let Some((command, words)) = rest.split_first() else { return Err(syntax("command name is missing")) };
    if command.contains('=') {
        return Err(syntax("command name is missing"));
    }
    if command.starts_with('-') && !command.starts_with("--") {
        return Err(says(format!("Unknown command: {command}\n{USAGE_HINT}"), 1));
    }
    let mut args = Args { command: command.clone(), stdin, ..Args::default() };
    for word in words {
        if let Some(key) = word.strip_prefix("--") {
            args.pairs.push((key.to_string(), "true".into()));
        } else if word.starts_with('-') {
            return Err(syntax(&format!("Unknown switch: {word}")));
        } else {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            args.pairs.push((key.to_string(), value.to_string()));
        }
    }
    args.minimal = match args.get("minimal") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            let error = ApiError::new("INTERNAL_ERROR").text("Invalid_argument(\"bool_of_string\")");
            let text = super::print::error_without_database(&error);
            return Err(Output { text, exit: 1, error: Some(error) });
        }
    };
    Ok(args)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').filter(|word| !word.is_empty()).map(str::to_string).collect()
    }
    fn read(text: &str) -> Result<Args, Output> {
        server(&client(&words(text))?.rest, None)
    }

    /// docs/model/commands.md §2.
    #[test]
    fn switches_go_and_keys_stay() {
        let client = client(&words("-s h -u root -pw x vm-list uuid=1")).unwrap();
        assert_eq!((client.server.as_deref(), client.user.as_deref(), client.password), (Some("h"), Some("root"), true));
        assert_eq!(client.rest, ["vm-list", "uuid=1"]);
        let args = read("vm-start uuid=1 --force on=b=c word --force=true --minimal").unwrap();
        let pairs: Vec<_> = args.pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("uuid", "1"), ("force", "true"), ("on", "b=c"), ("word", ""), ("force=true", "true"), ("minimal", "true")]);
        assert!(args.minimal);
    }

    /// docs/model/commands.md §2 and §7.
    #[test]
    fn what_is_no_command_line_says_so() {
        assert_eq!(read("").unwrap_err().exit, 0);
        assert!(read("").unwrap_err().text.starts_with("Usage: xe <cmd>"));
        assert_eq!(read("--help vm-list").unwrap_err().exit, 0);
        for (text, says) in [
            ("uuid=H2 host-forget", "Syntax error: command name is missing\nFor usage run: 'xe help'\n"),
            ("vm-list -force", "Syntax error: Unknown switch: -force\nFor usage run: 'xe help'\n"),
            ("-pwf f vm-list", "Error opening password file 'f'\n"),
        ] {
            let output = read(text).unwrap_err();
            assert_eq!((output.text.as_str(), output.exit), (says, 1));
        }
        let output = read("-p x vm-list").unwrap_err();
        assert!(output.exit == 0 && output.text.starts_with("Port number must be"));
        assert_eq!(read("vm-list minimal=1").unwrap_err().error.unwrap().code, "INTERNAL_ERROR");
    }

    /// docs/model/commands.md §2: booleans of 6.0 know no yes.
    #[test]
    fn booleans_are_those_of_the_release() {
        let args = read("x a=TRUE b=0 c=yes d --e").unwrap();
        assert_eq!((args.flag("a"), args.flag("b"), args.flag("e"), args.flag("none")), (Ok(true), Ok(false), Ok(true), Ok(false)));
        for key in ["c", "d"] {
            assert_eq!(args.flag(key), Err(format!("Failed to parse parameter '{key}': expecting 'true' or 'false'")));
        }
    }
}
