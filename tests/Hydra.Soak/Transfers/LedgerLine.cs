namespace Hydra.Soak.Transfers;

/// <summary>What the ledger says of one transfer.</summary>
internal sealed record LedgerLine(string Execution, string Step, string Receipt, Transfer Transfer);
