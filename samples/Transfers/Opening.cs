namespace Transfers;

/// <summary>How many accounts there are, and how much is in each.</summary>
public sealed record Opening(int Accounts, int Balance)
{
    public long Money => (long)Accounts * Balance;
}
