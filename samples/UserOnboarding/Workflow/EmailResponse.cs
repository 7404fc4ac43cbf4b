namespace Onboarding;

/// <summary>What the mailer answered: the recorded output of a step.</summary>
public sealed record EmailResponse(string MessageId, string Status);
