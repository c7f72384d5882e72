//! A folder of finds: each as a scenario whole and shrunk, which `poolsim test` replays, and an index that says by which version each
//! last showed what it was kept for.

use super::exit::Status;
use super::files;
use super::out::Out;
use super::whole::Whole;
use crate::base::inert::clean_line;
use crate::hazard::HazardId;
use crate::report::json::pretty;
use crate::report::text::layout::count;
use crate::scenario::load;
use crate::search::finds::name;
use crate::search::shrink::Target;
use crate::search::study::{self, Options};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The index.
const INDEX: &str = "finds.json";
/// Its layout.
const FORMAT: u64 = 1;
/// As many bytes of it are read at most.
const BYTES_MOST: usize = 64 << 20;

/// A find that is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What it shows.
    pub target: Target,
    /// The scenario in which it was found, the digest of its bytes, its world and its recovery.
    pub scenario: (String, String, Option<String>, Option<String>),
    /// The seed with which it was found.
    pub seed: u64,
    /// It as a scenario of its own.
    pub whole: String,
    /// The smallest scenario that shows it.
    pub small: String,
}

/// A folder of finds that is being filled.
pub struct Finds {
    out: Out,
    folder: PathBuf,
    index: BTreeMap<String, Value>,
    status: Status,
    new: usize,
}

impl Finds {
    /// Opens a folder, which is made where there is none, and runs again what it has.
    pub fn open(out: Out, folder: &Path) -> Result<Finds, Status> {
        if let Err(error) = std::fs::create_dir_all(folder) {
            let what = format!("{} cannot be made: {error}", folder.display());
            return Err(out.refuse("unreadable", &what, &[], Status::Unreadable));
        }
        let path = folder.join(INDEX);
        let index = match path.exists() {
            true => read(out, &path)?,
            false => BTreeMap::new(),
        };
        let mut finds = Finds { out, folder: folder.to_owned(), index, status: Status::Fine, new: 0 };
        finds.replay();
        Ok(finds)
    }

    /// Runs what is kept: what still shows is noted with this version.
    fn replay(&mut self) {
        let mut lost = Vec::new();
        for (name, entry) in &mut self.index {
            let shows = target(entry).is_some_and(|target| shows(&self.folder.join(format!("{name}.yaml")), &target));
            if let Value::Object(entry) = entry {
                entry.insert("shows".into(), json!(shows));
                if shows {
                    entry.insert("shown_by".into(), json!(env!("CARGO_PKG_VERSION")));
                }
            }
            if !shows {
                lost.push(name.clone());
            }
        }
        for name in &lost {
            let last = self.index[name]["shown_by"].as_str().unwrap_or_default();
            self.out.say(&format!("{} shows no longer what it was kept for (it did in version {})\n", clean_line(name), clean_line(last)));
        }
    }

    /// Keeps a find; the name of its file, which is the same for the same find.
    pub fn keep(&mut self, kept: &Kept) -> String {
        let name = name(&kept.target, &kept.small);
        let file = format!("{name}.yaml");
        if !self.index.contains_key(&name) {
            self.new += 1;
        }
        for (file, text) in [(file.clone(), &kept.small), (format!("{name}.whole.yaml"), &kept.whole)] {
            let path = self.folder.join(file);
            if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
                continue;
            }
            let status = self.out.file(&path, text);
            self.status = self.status.and(status);
        }
        let (scenario, sha256, world, recovery) = &kept.scenario;
        let (kind, place) = kept.target.place.as_ref().map_or((None, None), |(kind, place)| (Some(*kind), Some(place)));
        let entry = json!({
            "hazard": kept.target.hazard.doc().name, "kind": kind, "place": place,
            "scenario": scenario, "sha256": sha256, "world": world, "recovery": recovery, "seed": kept.seed,
            "shown_by": env!("CARGO_PKG_VERSION"), "shows": true,
        });
        self.index.insert(name, entry);
        file
    }

    /// Writes the index.
    pub fn end(self) -> Status {
        let Finds { out, folder, index, status, new } = self;
        let all = index.len();
        let value = json!({"format": FORMAT, "finds": index});
        let path = folder.join(INDEX);
        let written = Whole::put(&path, &pretty(&value)).map_or_else(|error| out.unwritable(&path, &error), |()| Status::Fine);
        out.say(&format!("{} in {}, {new} of them new\n", count(all, "find"), clean_line(&folder.display().to_string())));
        status.and(written)
    }
}

/// Reads an index.
fn read(out: Out, path: &Path) -> Result<BTreeMap<String, Value>, Status> {
    let bytes = files::read(out, path)?;
    let refuse = |what: &str| {
        let help = ["name a folder of its own: `--finds` keeps its finds and their index there".to_owned()];
        Err(out.refuse("usage", &format!("{} {what}", path.display()), &help, Status::Wrong))
    };
    if bytes.len() > BYTES_MOST {
        return refuse("is too long for an index of finds");
    }
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { return refuse("is no index of finds") };
    if value["format"].as_u64() != Some(FORMAT) {
        return refuse("is no index of finds, or one of another version");
    }
    let Some(finds) = value["finds"].as_object() else { return refuse("is no index of finds") };
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    match finds.iter().find(|(name, entry)| !plain(name) || target(entry).is_none()) {
        Some((name, _)) => refuse(&format!("has an entry `{}` that is no find", clean_line(name))),
        None => Ok(finds.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect()),
    }
}

/// What an entry was kept for.
fn target(entry: &Value) -> Option<Target> {
    let hazard = HazardId::find(entry["hazard"].as_str()?)?;
    let kinds = ["vdi", "vm", "sr", "host"];
    let place = match (entry["kind"].as_str(), entry["place"].as_str()) {
        (None, None) => None,
        (Some(kind), Some(place)) => Some((*kinds.iter().find(|known| **known == kind)?, place.to_owned())),
        _ => return None,
    };
    Some(Target { hazard, place })
}

/// Whether a file is a scenario that shows a target.
fn shows(path: &Path, target: &Target) -> bool {
    let Ok(bytes) = files::read_or(path) else { return false };
    let Ok(text) = String::from_utf8(bytes) else { return false };
    let Ok(loaded) = load("find.yaml", &text) else { return false };
    let Some(case) = loaded.scenario.cases().first().copied() else { return false };
    let run = study::brief(&loaded.scenario, case, &Options { because: false, ..Options::default() }).run;
    target.found_in(&run).is_some()
}
