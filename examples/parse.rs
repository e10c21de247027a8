use std::time::Instant;
fn main() {
    let n = 1_000_000u64;
    let mut lines: Vec<String> = Vec::new();
    for i in 0..n {
        lines.push(format!(r#"{{"event":"repay","id":"E-{i:07}","date":"2018-0{}-1{}","owner":"41082{}","loan":"L-{:04}","amount":"{}.50","memo":"还款","maker":"李砚秋","checker":"王澍文","document":"文〔2018〕{}号"}}"#, i%9+1,i%10,i%3+1,i%1000,i%10000,i%100));
    }
    let bytes: usize = lines.iter().map(|l| l.len()).sum();
    for _ in 0..3 {
        let t = Instant::now();
        let mut s = 0usize;
        for l in &lines {
            let f = poolbook::domain::field::Fields::from_json(l.as_bytes()).unwrap();
            s += f.iter().count();
        }
        let a = t.elapsed();
        let t = Instant::now();
        for l in &lines {
            let e = poolbook::domain::event::Event::from_json(l.as_bytes()).unwrap();
            s += e.id.len();
        }
        println!(
            "{} bytes/line fields {:?}/line event {:?}/line {s}",
            bytes / n as usize,
            a / n as u32,
            t.elapsed() / n as u32
        );
    }
    let p = std::env::temp_dir().join("poolbook-parse.jsonl");
    std::fs::write(&p, lines.join("\n")).unwrap();
    use poolbook::intake::source::EventSource;
    let mut j = poolbook::intake::jsonl::JsonLines::open(&p);
    let t = Instant::now();
    let mut c = 0;
    j.ids(&mut |_| {
        c += 1;
        Ok(())
    })
    .unwrap();
    println!("ids {c} {:?}", t.elapsed());
    let t = Instant::now();
    let mut c = 0;
    j.events(&mut |_, _| {
        c += 1;
        Ok(())
    })
    .unwrap();
    println!("events {c} {:?}", t.elapsed());
    std::fs::remove_file(&p).unwrap();
}
