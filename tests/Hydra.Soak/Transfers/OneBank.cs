namespace Hydra.Soak.Transfers;

/// <summary>
/// The tests of one bank after the other: each second costs each of them a process, so that side by side they spend
/// most of their time on starting what they kill.
/// </summary>
[CollectionDefinition(nameof(OneBank))]
public sealed class OneBank;
