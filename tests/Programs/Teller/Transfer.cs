namespace Teller;

/// <summary>Moves money between two accounts.</summary>
internal sealed record Transfer(int Source, int Target, int Amount)
{
    /// <summary>What each account gets, the lower first, so that no two transfers wait for each other.</summary>
    public (int Account, int Amount)[] Parts() => Source < Target
        ? [(Source, -Amount), (Target, Amount)]
        : [(Target, Amount), (Source, -Amount)];
}
