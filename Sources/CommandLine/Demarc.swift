import ArgumentParser
import Core

/// `demarc`: the root of all commands.
struct Demarc: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demarc",
    abstract: "Share data between organizations under grants, transform it, and prove how it came about.",
    discussion: """
      demarc talks to one daemon on this machine, a node or a hub, over its Unix socket: the one that --at names, else \
      $DEMARC_AT, else the packaged node. Results go to stdout, everything else to stderr; a command that makes \
      something prints its id alone on the last line.

      A REF names a version: weather (its newest), weather@3, weather@CID, weather:v1.0, acme/weather (as last pulled), \
      acme/weather@CID, or a bare CID; REF#path/in/version names a file in it.

      EXAMPLES
        demarc join TOKEN                             become a member of a grid
        demarc dataset create weather                 a named series of versions
        demarc commit weather january.csv -m first    files become its next version
        demarc channel open weather --dataset weather
        demarc grant offer weather --to globex        let globex read it
        demarc pull acme/weather --to ./weather       fetch what a partner shares
        demarc run windy.lua --in acme/weather --out windy
        demarc trace windy                            how it came about
        demarc verify windy --execute                 run it again and compare

      `demarc help errors` lists exit statuses and error codes.
      """,
    version: "demarc \(Release.version)",
    subcommands: [
      Join.self, StatusCommand.self, Doctor.self,
      DatasetGroup.self, Commit.self, VersionsCommand.self, TagCommand.self, Checkout.self,
      ChannelGroup.self, PartnerGroup.self, GrantGroup.self, Pull.self,
      Run.self, TransformGroup.self, ProvenanceGroup.self, Trace.self, Verify.self,
      TrustGroup.self, AuditGroup.self, OrganizationGroup.self,
      UserGroup.self, Login.self, Logout.self, Whoami.self,
    ])
}
