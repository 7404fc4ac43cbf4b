namespace Samples;

/// <summary>Something that was done outside, once.</summary>
/// <param name="Key">Of the request: the execution and the step that asked for it.</param>
/// <param name="Action">What was done: "charge".</param>
/// <param name="Subject">What it was done for: the number of an order.</param>
/// <param name="Detail">The rest, in words.</param>
public sealed record Effect(string Key, string Action, string Subject, string Detail);
