//! Blocks of commands in Markdown, and its links.

/// What a block is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Shell,
    Sql,
}

/// Commands to be run.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    pub language: Language,
    pub text: String,
    /// The line that it begins on, from 1.
    pub line: usize,
}

const NOT_RUN: &str = "<!-- not run: ";

/// The blocks of a page that are to be run. One that is left out without a reason is an error, and so is a reason that no block
/// follows.
pub fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    let mut excused = false;
    while let Some((at, line)) = lines.next() {
        if let Some(reason) = line.strip_prefix(NOT_RUN) {
            if reason.trim_end_matches("-->").trim().len() < 10 {
                return Err(format!("line {}: why is the block not run?", at + 1));
            }
            excused = true;
            continue;
        }
        let Some(language) = line.trim_start().strip_prefix("```") else {
            if excused && !line.trim().is_empty() {
                return Err(format!("line {}: a block should follow the reason above", at + 1));
            }
            continue;
        };
        let inside = lines.by_ref().map_while(|(_, line)| (line.trim_start() != "```").then(|| format!("{line}\n")));
        let text: String = inside.collect();
        let language = match language {
            "sh" => Some(Language::Shell),
            "sql" => Some(Language::Sql),
            "bash" | "shell" | "console" => return Err(format!("line {}: call a block of commands sh", at + 1)),
            _ => None,
        };
        if let Some(language) = language.filter(|_| !excused) {
            blocks.push(Block { language, text, line: at + 1 });
        }
        excused = false;
    }
    Ok(blocks)
}

/// Where the relative links of a page lead.
pub fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.contains(char::is_whitespace))
}

#[test]
fn blocks_are_found_with_their_lines() {
    let found = blocks("a\n```sh\none\ntwo\n```\n```text\nno\n```\n```sql\nselect 1;\n```\n").unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], Block { language: Language::Shell, text: "one\ntwo\n".into(), line: 2 });
    assert_eq!(found[1].line, 9);
}

#[test]
fn a_block_is_left_out_for_a_reason_alone() {
    let excused = "<!-- not run: needs a package manager -->\n```sh\napt-get install it\n```\n```sh\ntrue\n```\n";
    assert_eq!(blocks(excused).unwrap().len(), 1);
    assert!(blocks("<!-- not run: -->\n```sh\nfalse\n```\n").is_err());
    assert!(blocks("<!-- not run: needs a package manager -->\ntext\n").is_err());
    assert!(blocks("```bash\ntrue\n```\n").is_err());
}

#[test]
fn links_are_those_within_the_project() {
    let found: Vec<_> = links("[a](b.md) [c](https://example.org/x) [d](e/f.md#g)").collect();
    assert_eq!(found, ["b.md", "e/f.md#g"]);
}
