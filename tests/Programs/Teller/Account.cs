namespace Teller;

/// <summary>An account of the bank's.</summary>
internal sealed class Account
{
    public int Id { get; init; }

    public int Balance { get; init; }
}
