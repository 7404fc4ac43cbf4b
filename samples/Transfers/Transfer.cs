namespace Transfers;

/// <summary>Money to be moved: the recorded input of a step.</summary>
public sealed record Transfer(int Number, int Source, int Target, int Amount);
