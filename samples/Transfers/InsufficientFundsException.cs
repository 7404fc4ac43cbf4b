using Hydra;

namespace Transfers;

/// <summary>An account has less than is to be taken from it, which does not change by trying again.</summary>
public sealed class InsufficientFundsException(int account)
    : NonRetryableException($"Account {account} has too little.");
