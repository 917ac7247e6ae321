import Core
import Cryptography
import Testing

struct SignedNoteTests {
  static let peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
  static let peterText =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
  static let peterNote =
    peterText
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

  /// The example of golang.org/x/mod/sumdb/note, whose seed is public too.
  @Test func theGoExample() throws {
    let key = try #require(NoteKey(text: Self.peter))
    #expect(key.name == "PeterNeumann" && key.kind == .ed25519 && key.text == Self.peter)
    let note = try #require(SignedNote(bytes: Array(Self.peterNote.utf8)))
    #expect(note.text == Self.peterText)
    #expect(note.isSigned(by: key))
    #expect(note.bytes == Array(Self.peterNote.utf8))

    let seed = try #require(Base64.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")).dropFirst()
    let signed = try #require(SignedNote(text: Self.peterText)).signed(
      name: "PeterNeumann", by: try Ed25519PrivateKey(seed: seed))
    #expect(signed == note)
  }

  /// Keys of the tests of github.com/transparency-dev/formats: a plus in the base-64, and a cosigner's type.
  @Test func keysOfOthers() throws {
    let plus = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6"
    #expect(NoteKey(text: plus)?.text == plus)
    let witness = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    #expect(NoteKey(text: witness)?.kind == .cosignature)
    for wrong in [
      "", "a", "a+b", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      "x+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "rekor.sigstore.dev+12345678+AwEB", "+00000000+AQ==",
    ] { #expect(NoteKey(text: wrong) == nil, "\(wrong)") }
  }

  /// The specification's examples parse, and return to the byte.
  @Test func notesOfTheSpecifications() throws {
    let poem =
      "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
      + "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
    let note = try #require(SignedNote(bytes: Array(poem.utf8)))
    #expect(note.text.hasSuffix("ed è subito sera.\n"))
    #expect(note.bytes == Array(poem.utf8))
    let sofa =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
      + "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
      + "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    let checkpoint = try #require(SignedNote(bytes: Array(sofa.utf8)))
    #expect(Checkpoint(text: checkpoint.text)?.size == 20_852_163)
    #expect(checkpoint.signatures.map(\.name) == ["example.com/behind-the-sofa", "witness.example.com/w1"])
    // The cosignature's first eight bytes are the time that the specification names.
    #expect(checkpoint.signatures[1].bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } == 1_679_315_147)
  }

  @Test(arguments: [
    "", "\n", "text\n", "text\n\n", "text\n\n— a\n", "text\n\n— a b c\n", "text\n\n- a AAAAAAAA\n",
    "text\n\n— a AAAA\n",
    "text\n\n— a+b AAAAAAAA\n", "text\n\n— a AAAAAAAA", "text\n\n—  AAAAAAAA\n", "text\n\n— a AAAAAAA\n",
    "te\txt\n\n— a AAAAAAAA\n",
    "\n\n— a AAAAAAAA\n\n", "text\n\n— a AAAAAAAA\r\n",
  ])
  func malformedNotesAreRefused(text: String) { #expect(SignedNote(bytes: Array(text.utf8)) == nil) }

  @Test func aChangedTextIsNotSigned() throws {
    let key = try #require(NoteKey(text: Self.peter))
    let changed = Self.peterNote.replacing("answer", with: "Answer")
    #expect(try !#require(SignedNote(bytes: Array(changed.utf8))).isSigned(by: key))
    let renamed = Self.peterNote.replacing("— Peter", with: "— peter")
    #expect(try !#require(SignedNote(bytes: Array(renamed.utf8))).isSigned(by: key))
  }
}

struct CheckpointTests {
  let root = SHA256.hash("root")

  @Test func aCheckpointIsSignedAndCosigned() throws {
    let (log, hub, other) = (try Ed25519PrivateKey(), try Ed25519PrivateKey(), try Ed25519PrivateKey())
    let checkpoint = Checkpoint(origin: "grid.example/log", size: 12, root: root)
    let note = try #require(try checkpoint.signed(by: log))
    let time = Timestamp(seconds: 1_700_000_000)
    let both = try #require(try note.cosigned(name: "grid.example/hub", by: hub, at: time))
    let read = try #require(SignedNote(bytes: both.bytes))
    #expect(Checkpoint(note: read, origin: "grid.example/log", key: log.publicKey) == checkpoint)
    #expect(Checkpoint(note: read, origin: "grid.example/other", key: log.publicKey) == nil)
    #expect(Checkpoint(note: read, origin: "grid.example/log", key: other.publicKey) == nil)
    let witness = try #require(NoteKey(name: "grid.example/hub", kind: .cosignature, key: hub.publicKey))
    #expect(read.cosigned(by: witness) == time)
    let stranger = try #require(NoteKey(name: "grid.example/hub", kind: .cosignature, key: other.publicKey))
    #expect(read.cosigned(by: stranger) == nil)
    // The time is part of what is signed.
    var backdated = read.signatures[1].bytes
    backdated[7] ^= 1
    let forged = read.adding(
      SignedNote.Signature(name: "grid.example/hub", keyID: witness.id, bytes: backdated))
    #expect(forged.cosigned(by: witness) == nil)
  }

  @Test(arguments: [
    "", "o\n1\n", "o\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    "o\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    "o\n9223372036854775808\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "o\n1\nCsUY\n",
    "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
    "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
  ])
  func malformedTextsAreRefused(text: String) { #expect(Checkpoint(text: text) == nil) }

  @Test func anAnchorProvesAnEntryByATime() throws {
    let (node, hub) = (try Ed25519PrivateKey(), try Ed25519PrivateKey())
    let tree = Tree(9)
    let origin = "grid.example/org/acme/node/edge/log"
    let time = Timestamp(seconds: 1_700_000_000)
    let head = try #require(try Checkpoint(origin: origin, size: 9, root: tree.roots[9]).signed(by: node))
    let note = try #require(try head.cosigned(name: "grid.example/hub", by: hub, at: time))
    let path = try #require(try MerkleProof.inclusion(of: 4, size: 9, hash: tree.hash))
    let anchor = try LogAnchor(json: LogAnchor(index: 4, path: path, checkpoint: note).json)
    let witness = try #require(NoteKey(name: "grid.example/hub", kind: .cosignature, key: hub.publicKey))
    func proven(_ entry: String, _ anchor: LogAnchor) -> Timestamp? {
      anchor.time(of: Array(entry.utf8), origin: origin, node: node.publicKey, hub: witness)
    }
    #expect(proven("entry 4", anchor) == time)
    #expect(proven("entry 5", anchor) == nil)
    #expect(proven("entry 4", LogAnchor(index: 5, path: path, checkpoint: note)) == nil)
    #expect(proven("entry 4", LogAnchor(index: 4, path: path, checkpoint: head)) == nil, "not cosigned")
  }

  @Test func aRevokedKeyCountsByItsAnchors() {
    let (early, late) = (Timestamp(seconds: 1), Timestamp(seconds: 2))
    #expect(SignatureStanding(revoked: nil, anchored: nil) == .counts)
    #expect(SignatureStanding(revoked: late, anchored: early) == .counts)
    #expect(SignatureStanding(revoked: late, anchored: late) == .notAnchored)
    #expect(SignatureStanding(revoked: early, anchored: late) == .notAnchored)
    #expect(SignatureStanding(revoked: late, anchored: nil) == .notAnchored)
  }
}
