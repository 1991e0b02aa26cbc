//! A room imports only rooms of lower floors, and only two rooms know Kafka's wire.

use crate::graph::{Package, packages};
use crate::sources::root;
use std::collections::BTreeMap;
use std::fs;

/// Rooms that may know Kafka's wire structs and error codes; `src/main.rs` speaks through them.
const WIRE_ROOMS: [&str; 2] = ["src/api", "src/server"];

/// Folders of tools and tests, which stand outside of the house and may use any room.
const OUTSIDE: [&str; 2] = ["integration", "benches"];

/// The floor of each room by its folder, as ARCHITECTURE.md's table has it. The command line's folder is the root.
fn floors() -> BTreeMap<String, u32> {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut floors = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        if let [floor, room, _] = cells[..]
            && let Ok(floor) = floor.parse()
        {
            let folder = room.trim_matches('`').replace("src/main.rs", "");
            floors.insert(folder, floor);
        }
    }
    assert!(floors.len() >= 10, "ARCHITECTURE.md's table of rooms is not where it was");
    floors
}

/// The room that a member is or belongs to: a member inside a room's folder is a tool of that room.
fn room_of<'a>(folder: &str, floors: &'a BTreeMap<String, u32>) -> Option<&'a str> {
    let inside =
        |room: &&String| folder == room.as_str() || !room.is_empty() && folder.starts_with(&format!("{room}/"));
    floors.keys().find(inside).map(String::as_str)
}

fn is_outside(folder: &str) -> bool {
    OUTSIDE.iter().any(|outside| folder == *outside || folder.starts_with(&format!("{outside}/")))
}

fn members(packages: &BTreeMap<String, Package>) -> impl Iterator<Item = (&Package, &str)> {
    packages.values().filter_map(|package| Some((package, package.folder.as_deref()?)))
}

#[test]
fn every_member_is_a_room_on_the_map() {
    let (packages, floors) = (packages(), floors());
    for (package, folder) in members(&packages) {
        let known = room_of(folder, &floors).is_some() || is_outside(folder);
        assert!(known, "{} in {folder:?} is not in ARCHITECTURE.md's table of rooms", package.name);
    }
}

#[test]
fn rooms_import_only_rooms_of_lower_floors() {
    let (packages, floors) = (packages(), floors());
    let mut wrong = Vec::new();
    for (package, folder) in members(&packages).filter(|(_, folder)| !is_outside(folder)) {
        let Some(room) = room_of(folder, &floors) else { continue };
        for (imported, other) in
            package.normal.iter().filter_map(|id| Some((&packages[id], packages[id].folder.as_deref()?)))
        {
            let below = room_of(other, &floors).is_some_and(|other| {
                // A tool may use the room that it belongs to.
                floors[other] < floors[room] || (other == room && folder != room)
            });
            if !below {
                wrong.push(format!("{} imports {}, which is not on a lower floor", package.name, imported.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_api_and_server_know_kafkas_wire() {
    let (packages, floors) = (packages(), floors());
    for (package, folder) in members(&packages).filter(|(_, folder)| !is_outside(folder)) {
        let room = room_of(folder, &floors).unwrap_or(folder);
        let knows = package.normal.iter().any(|id| packages[id].name == "esker-protocol");
        let may = room.is_empty() || room == "src/protocol" || WIRE_ROOMS.contains(&room);
        assert!(may || !knows, "{} imports esker-protocol", package.name);
    }
}
