namespace Onboarding;

/// <summary>A mail to send: the recorded input of a step.</summary>
public sealed record EmailRequest(string To, string Subject, string Body);
