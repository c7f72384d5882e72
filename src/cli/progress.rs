//! A spinner on a terminal while a run takes long; nothing anywhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Runs that end sooner show nothing.
const PATIENCE: Duration = Duration::from_millis(800);

/// Shows itself when the time is up, and goes when it is dropped.
#[derive(Debug)]
pub struct Progress {
    done: Option<Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    /// Begins to wait, if standard error is a terminal.
    pub fn begin(what: String) -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress { done: None, thread: None };
        }
        let (done, wait) = channel::<()>();
        let show = move || {
            if wait.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                bar.set_style(style.tick_chars("|/-\\ "));
            }
            bar.set_message(what);
            bar.enable_steady_tick(Duration::from_millis(120));
            let _ = wait.recv();
            bar.finish_and_clear();
        };
        let thread = std::thread::Builder::new().spawn(show).ok();
        Progress { done: Some(done), thread }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How far many runs or files have come, on a terminal; nothing anywhere else.
#[derive(Debug)]
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// Begins, if standard error is a terminal.
    pub fn begin(files: u64) -> Bar {
        if !std::io::stderr().is_terminal() {
            return Bar(None);
        }
        let bar = ProgressBar::with_draw_target(Some(files), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("[{bar:24}] {pos}/{len} files: {msg} ({elapsed})") {
            bar.set_style(style.progress_chars("=> "));
        }
        Bar(Some(bar))
    }

    /// Begins for many runs, with their rate and the time that is left, if standard error is a terminal.
    pub fn runs(runs: u64) -> Bar {
        if !std::io::stderr().is_terminal() {
            return Bar(None);
        }
        let bar = ProgressBar::with_draw_target(Some(runs), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("[{bar:24}] {pos}/{len} runs, {per_sec}, {eta} left") {
            bar.set_style(style.progress_chars("=> "));
        }
        Bar(Some(bar))
    }

    /// So many more are through.
    pub fn forward(&self, more: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(more);
        }
    }

    /// So many files are through.
    pub fn at(&self, files: u64, says: &str) {
        if let Some(bar) = &self.0 {
            bar.set_position(files);
            bar.set_message(says.to_owned());
        }
    }

    /// Does something that writes to the terminal too, with the bar out of its way.
    pub fn aside<T>(&self, deed: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(bar) => bar.suspend(deed),
            None => deed(),
        }
    }

    /// It goes.
    pub fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
